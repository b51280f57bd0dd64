import { WebSocket } from "@effect-websocket/client"
import { Console, Effect } from "effect"

const token: Effect.Effect<string, Error> = Effect.fail(new Error("the login service is down"))

export const program = WebSocket.connect("wss://example.com/feed", {
  headers: Effect.map(token, (token) => ({ authorization: `Bearer ${token}` }))
}).pipe(
  Effect.scoped,
  Effect.catchReason("ConnectError", "OptionFailed", ({ cause, option }) => Console.log(`${option}: ${cause}`))
)
