import { WebSocket } from "@effect-websocket/client"
import { Console, Effect } from "effect"

export const program = WebSocket.connect("ws://10.0.0.7:8080/feed").pipe(
  Effect.scoped,
  Effect.catchReason("ConnectError", "Unreachable", ({ address, code }) => Console.log(`no way to ${address}: ${code}`))
)
