import { WebSocket } from "@effect-websocket/client"
import { Console, Effect } from "effect"

export const program = WebSocket.connect("wss://example.com/feed", {
  headers: { "x-note": "one line\r\nanother" }
}).pipe(
  Effect.scoped,
  Effect.catchReason("ConnectError", "InvalidOptions", ({ problem }) => Console.log(problem))
)
