import { WebSocket } from "@effect-websocket/client"
import { Console, Effect, Schema } from "effect"

const protocol = { receive: Schema.Struct({ price: Schema.Finite }), send: Schema.Never }

export const program = Effect.gen(function* () {
  const quotes = WebSocket.schema(yield* WebSocket.connect("wss://example.com/quotes"), protocol)
  yield* quotes.receive.pipe(
    Effect.catchTag("DecodeFailed", ({ problem, received }) => Console.log(`${problem}: ${received}`))
  )
  yield* Console.log(`then came ${(yield* quotes.receive).price}`)
}).pipe(Effect.scoped)
