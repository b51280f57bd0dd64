import { WebSocket } from "@effect-websocket/client"
import { Console, Effect, Redacted } from "effect"

/** Asks for a token that holds for a minute. */
const login = Effect.succeed("5e1f")

export const program = WebSocket.connect("wss://example.com/prices", {
  headers: Effect.map(login, (token) => ({ authorization: Redacted.make(`Bearer ${token}`), "x-region": "eu" })),
  origin: "https://app.example.com",
  userAgent: "prices/1.2",
  subprotocols: ["prices.v2", "prices.v1"]
}).pipe(
  Effect.flatMap((socket) => Console.log(`we speak ${socket.subprotocol}`)),
  Effect.scoped
)
