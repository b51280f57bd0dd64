import { NodeRuntime } from "@effect/platform-node"
import { WebSocket } from "@effect-websocket/client"
import { Transport } from "@effect-websocket/transport"
import { Console, Effect, Stream } from "effect"

const program = WebSocket.stream(process.argv[2] ?? "ws://localhost:8080/feed").pipe(Stream.runForEach(Console.log))

NodeRuntime.runMain(Effect.provide(program, Transport.layer))
