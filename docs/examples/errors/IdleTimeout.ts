import { WebSocket } from "@effect-websocket/client"
import { Console, Duration, Effect, Stream } from "effect"

export const program = WebSocket.stream("wss://example.com/feed", { deadlines: { idleTimeout: "1 minute" } }).pipe(
  Stream.runForEach(Console.log),
  Effect.catchTag("IdleTimeout", ({ idleTimeout }) =>
    Console.log(`no news for ${Duration.format(idleTimeout)}, although the server is there`)
  )
)
