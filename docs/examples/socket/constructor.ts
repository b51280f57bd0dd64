import { layerWebSocketConstructor } from "@effect-websocket/client/Socket"
import { Transport } from "@effect-websocket/transport"
import { Console, Effect, Layer } from "effect"
import { Socket } from "effect/socket"

/** Written for Effect's own WebSockets; the layer below it decides whose they are. */
const greet = (url: string) =>
  Effect.gen(function* () {
    const socket = yield* Socket.makeWebSocket(url)
    const writer = yield* socket.writer
    const { pull } = yield* socket.reader
    yield* writer.write("hello")
    yield* Console.log(...(yield* pull))
  }).pipe(Effect.scoped)

export const program = (url: string) =>
  Effect.provide(
    greet(url),
    Layer.provide(layerWebSocketConstructor({ headers: { authorization: "Bearer 5e1f" } }), Transport.layer)
  )
