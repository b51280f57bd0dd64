import { WebSocket } from "@effect-websocket/client"
import { Console, Effect } from "effect"

export const program = WebSocket.connect("wss://example.com/feed").pipe(
  Effect.scoped,
  Effect.catchReason("ConnectError", "TlsFailed", ({ detail, problem }) =>
    problem === "expired" ? Console.log("renew the certificate") : Console.log(`${problem}: ${detail}`)
  )
)
