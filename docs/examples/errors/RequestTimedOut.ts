import { Requests, WebSocket } from "@effect-websocket/client"
import { Console, Effect, Schema } from "effect"

const Message = Schema.Struct({ id: Schema.Int, body: Schema.String })

export const program = Effect.gen(function* () {
  const socket = yield* WebSocket.connect("wss://example.com/rpc")
  const protocol = { receive: Message, send: Message, onDecodeError: () => Effect.void }
  const requests = yield* Requests.make(WebSocket.schema(socket, protocol), { responseId: ({ id }) => id })
  yield* requests
    .request((id) => ({ id, body: "are you there?" }), { timeout: "2 seconds" })
    .pipe(Effect.catchTag("RequestTimedOut", ({ fate, message }) => Console.log(`${fate}. ${message}`)))
}).pipe(Effect.scoped)
