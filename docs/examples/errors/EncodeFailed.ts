import { WebSocket } from "@effect-websocket/client"
import { Console, Effect, Schema } from "effect"

const protocol = { receive: Schema.Unknown, send: Schema.Struct({ amount: Schema.Int }) }

export const program = Effect.gen(function* () {
  const orders = WebSocket.schema(yield* WebSocket.connect("wss://example.com/orders"), protocol)
  yield* orders.send({ amount: 0.5 }).pipe(Effect.catchTag("EncodeFailed", ({ problem }) => Console.log(problem)))
  yield* orders.send({ amount: 2 })
}).pipe(Effect.scoped)
