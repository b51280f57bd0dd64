import { WebSocket } from "@effect-websocket/client"
import { Console, Effect, Schema, Stream } from "effect"

/** What each side may say. */
const protocol = {
  receive: Schema.Struct({ symbol: Schema.String, price: Schema.Finite, at: Schema.Date }),
  send: Schema.Struct({ subscribe: Schema.String })
}

export const program = Effect.gen(function* () {
  const socket = yield* WebSocket.connect("wss://example.com/quotes")
  const quotes = WebSocket.schema(socket, protocol)
  yield* quotes.send({ subscribe: "ACME" })
  yield* Stream.runForEach(quotes.messages, ({ at, price }) => Console.log(`${at.getUTCFullYear()}: ${price}`))
}).pipe(Effect.scoped)
