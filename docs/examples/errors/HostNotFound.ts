import { WebSocket } from "@effect-websocket/client"
import { Console, Effect } from "effect"

export const program = WebSocket.connect("wss://exmaple.com/feed").pipe(
  Effect.scoped,
  Effect.catchReason("ConnectError", "HostNotFound", ({ code, host }) => Console.log(`no address for ${host}: ${code}`))
)
