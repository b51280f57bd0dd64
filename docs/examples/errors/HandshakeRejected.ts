import { WebSocket } from "@effect-websocket/client"
import { Console, Effect } from "effect"

const url = "wss://example.com/private"

const login = Effect.succeed("Bearer 5e1f")

export const program = WebSocket.connect(url).pipe(
  Effect.catchReason("ConnectError", "HandshakeRejected", (refusal, error) =>
    refusal.status === 401
      ? Effect.flatMap(login, (authorization) => WebSocket.connect(url, { headers: { authorization } }))
      : Effect.fail(error)
  ),
  Effect.flatMap((socket) => Console.log(`let in with HTTP ${socket.response.status}`)),
  Effect.scoped
)
