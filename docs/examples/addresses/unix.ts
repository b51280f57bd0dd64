import { WebSocket } from "@effect-websocket/client"
import { Transport } from "@effect-websocket/transport"
import { Console, Effect } from "effect"

/** `path` is one such as `/run/app.sock`. */
export const program = (path: string) =>
  Effect.gen(function* () {
    const socket = yield* WebSocket.connect(`ws+unix:${path}:/chat?room=1`)
    yield* socket.send("hello")
    yield* Console.log(yield* socket.receive)
  }).pipe(Effect.scoped, Effect.provide(Transport.layer))
