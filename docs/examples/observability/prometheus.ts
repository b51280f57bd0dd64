import { WebSocket } from "@effect-websocket/client"
import { Console, Effect, Metric } from "effect"
import { PrometheusMetrics } from "effect/observability"

const talk = Effect.gen(function* () {
  const socket = yield* WebSocket.connect("wss://example.com/feed")
  yield* socket.send("hello")
  yield* socket.receive
}).pipe(Effect.scoped, Effect.provideService(Metric.CurrentMetricAttributes, { client: "feed" }))

/** A server has `PrometheusMetrics.layerHttp()` for this. */
const show = Effect.flatMap(PrometheusMetrics.format(), (text) =>
  Console.log(text.match(/^websocket_(messages|connections).*/gm)?.join("\n"))
)

export const program = Effect.andThen(talk, show)
