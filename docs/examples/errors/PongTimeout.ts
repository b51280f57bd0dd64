import { WebSocket } from "@effect-websocket/client"
import { Console, Duration, Effect, Stream } from "effect"

export const program = WebSocket.stream("wss://example.com/feed").pipe(
  Stream.runForEach(Console.log),
  Effect.catchTag("PongTimeout", ({ interval, timeout }) =>
    Console.log(`pinged after ${Duration.format(interval)}, no sign of life for ${Duration.format(timeout)}`)
  )
)
