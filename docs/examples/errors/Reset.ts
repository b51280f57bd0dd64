import { WebSocket } from "@effect-websocket/client"
import { Console, Effect } from "effect"

export const program = WebSocket.connect("ws://example.com/feed").pipe(
  Effect.scoped,
  Effect.catchReason("ConnectError", "Reset", (reset, { steps }) =>
    Console.log(`${reset.code} during ${steps.at(-1)?.stage}`)
  )
)
