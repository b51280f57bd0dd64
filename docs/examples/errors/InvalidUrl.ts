import { WebSocket } from "@effect-websocket/client"
import { Console, Effect } from "effect"

export const program = WebSocket.connect("https://example.com/feed").pipe(
  Effect.scoped,
  Effect.catchReason("ConnectError", "InvalidUrl", (invalid) => Console.log(`${invalid.url}: ${invalid.problem}`))
)
