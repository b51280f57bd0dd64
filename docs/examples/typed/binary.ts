import { MessageCodec, WebSocket } from "@effect-websocket/client"
import { Console, Effect, Schema } from "effect"
import { Base64 } from "effect/encoding"

/** Two functions, which may throw: put your MessagePack or CBOR here. */
const base64 = MessageCodec.make({
  decode: (message) => {
    if (typeof message === "string") return JSON.parse(atob(message))
    throw new Error("binary, not base64")
  },
  encode: (value) => Base64.encode(JSON.stringify(value))
})

export const program = Effect.gen(function* () {
  const socket = yield* WebSocket.connect("wss://example.com/echo")
  const numbers = WebSocket.schema(socket, { receive: Schema.Finite, send: Schema.Finite, codec: base64 })
  yield* numbers.send(42)
  yield* Console.log(yield* numbers.receive)
}).pipe(Effect.scoped)
