import { WebSocket } from "@effect-websocket/client"
import { Transport } from "@effect-websocket/transport"
import { Effect, Layer } from "effect"
import { FetchHttpClient } from "effect/http"
import { Otlp } from "effect/observability"

const talk = (url: string) =>
  Effect.gen(function* () {
    const socket = yield* WebSocket.connect(url)
    yield* socket.send("hello")
    const answer = yield* socket.receive
    yield* Effect.logInfo("answered", answer).pipe(Effect.annotateLogs("websocket.connection", socket.id))
    yield* socket.close()
  }).pipe(Effect.scoped, Effect.withSpan("talk"))

/** `collector` is such as `http://localhost:4318`. */
export const program = (url: string, collector: string) => {
  const observability = Otlp.layerJson({ baseUrl: collector, resource: { serviceName: "feed-reader" } })
  return talk(url).pipe(
    Effect.provide(Layer.mergeAll(Transport.layer, Layer.provide(observability, FetchHttpClient.layer)))
  )
}
