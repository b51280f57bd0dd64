import { WebSocket } from "@effect-websocket/client"
import { Console, Effect } from "effect"

export const program = WebSocket.connect("wss://example.com/feed", {
  addresses: { family: 4, attemptDelay: "100 millis", localAddress: "10.0.0.7" },
  socket: { keepAlive: "10 seconds" }
}).pipe(
  Effect.flatMap(({ info }) => Console.log(`from ${info.local?.address} to ${info.remote?.address}`)),
  Effect.scoped
)
