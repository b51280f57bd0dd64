import { WebSocket } from "@effect-websocket/client"
import { Console, Effect, Schema, Stream } from "effect"

export const program = Effect.gen(function* () {
  const numbers = WebSocket.schema(yield* WebSocket.connect("wss://example.com/numbers"), {
    receive: Schema.Finite,
    send: Schema.Never,
    onDecodeError: ({ problem }, message) => Console.log(`left out: ${message} (${problem})`)
  })
  yield* Stream.runForEach(numbers.messages, Console.log)
  yield* Console.log(`${yield* numbers.skipped} left out`)
}).pipe(Effect.scoped)
