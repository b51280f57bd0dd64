import { NodeRuntime } from "@effect/platform-node"
import { WebSocket } from "@effect-websocket/client"
import { Transport } from "@effect-websocket/transport"
import { Console, Effect, Stream } from "effect"

const program = Effect.gen(function* () {
  const socket = yield* WebSocket.connect(process.argv[2] ?? "ws://localhost:8080/echo")
  yield* socket.send("hello")
  yield* socket.messages.pipe(Stream.take(1), Stream.runForEach(Console.log))
})

NodeRuntime.runMain(program.pipe(Effect.scoped, Effect.provide(Transport.layer)))
