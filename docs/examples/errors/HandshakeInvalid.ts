import { WebSocket } from "@effect-websocket/client"
import { Console, Effect } from "effect"

export const program = WebSocket.connect("ws://example.com:22/").pipe(
  Effect.scoped,
  Effect.catchReason("ConnectError", "HandshakeInvalid", ({ check, found, section }) =>
    Console.log(`no WebSocket server: ${check} (${section}), found ${found}`)
  )
)
