import { WebSocket } from "@effect-websocket/client"
import { Console, Effect } from "effect"

export const program = WebSocket.connect("wss://example.com/feed", {
  headers: { authorization: "Bearer 5e1f", "x-client": "docs" },
  redirects: { limit: 3, trustedOrigins: ["wss://node7.example.com"], keepHeaders: ["x-client"] }
}).pipe(
  Effect.flatMap((socket) =>
    Effect.forEach(socket.redirects, ({ status, to }) => Console.log(`HTTP ${status}, to ${to}`))
  ),
  Effect.scoped
)
