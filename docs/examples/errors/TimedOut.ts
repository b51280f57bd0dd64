import { WebSocket } from "@effect-websocket/client"
import { Console, Effect } from "effect"

export const program = WebSocket.connect("ws://example.com/feed", { deadlines: { openTimeout: "3 seconds" } }).pipe(
  Effect.scoped,
  Effect.catchReason("ConnectError", "TimedOut", ({ stage }, error) =>
    Console.log(`too slow: ${stage}\n${error.message}`)
  )
)
