import { WebSocket } from "@effect-websocket/client"
import { Console, Effect, Stream } from "effect"

export const program = WebSocket.stream("wss://example.com/feed").pipe(
  Stream.runForEach(Console.log),
  Effect.catchTag("ConnectionClosed", ({ by, cause, closeCode, closeReason }) =>
    Console.log(`closed by ${by}: ${closeCode} ${closeReason || cause?.message}`)
  )
)
