import { Requests, WebSocket } from "@effect-websocket/client"
import { Console, Effect, Schema, Stream } from "effect"

const protocol = {
  receive: Schema.Union([
    Schema.Struct({ id: Schema.Int, sum: Schema.Finite }),
    Schema.Struct({ news: Schema.String })
  ]),
  send: Schema.Struct({ id: Schema.Int, add: Schema.Array(Schema.Finite) }),
  onDecodeError: () => Effect.void
}

export const program = Effect.gen(function* () {
  const socket = yield* WebSocket.connect("wss://example.com/rpc")
  const requests = yield* Requests.make(WebSocket.schema(socket, protocol), {
    responseId: (message) => ("id" in message ? message.id : undefined)
  })
  const add = (...numbers: ReadonlyArray<number>) => requests.request((id) => ({ id, add: numbers }))
  const answers = yield* Effect.all([add(1, 2), add(3, 4)], { concurrency: "unbounded" })
  yield* Effect.forEach(answers, (answer) => Console.log(answer))
  yield* Stream.runForEach(requests.messages, (message) => Console.log(message))
}).pipe(Effect.scoped)
