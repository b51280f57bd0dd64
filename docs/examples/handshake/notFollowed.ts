import { WebSocket } from "@effect-websocket/client"
import { Console, Effect } from "effect"

export const program = WebSocket.connect("wss://example.com/feed", { redirects: { limit: 3 } }).pipe(
  Effect.scoped,
  Effect.catchReason("ConnectError", "HandshakeRejected", ({ notFollowed, status }) =>
    Console.log(`HTTP ${status} was not followed: ${notFollowed}`)
  )
)
