import { WebSocket } from "@effect-websocket/client"
import { Console, Effect, Stream } from "effect"

export const program = WebSocket.stream("wss://example.com/feed").pipe(
  Stream.runForEach(Console.log),
  Effect.catchTag("ProtocolViolation", ({ closeCode, rule, section }) =>
    Console.log(`the server broke ${section}, ${rule}; it was told ${closeCode}`)
  )
)
