import { WebSocket } from "@effect-websocket/client"
import { Console, Effect, Stream } from "effect"

export const program = WebSocket.stream("wss://example.com/feed", { limits: { maxMessageBytes: 1000 } }).pipe(
  Stream.runForEach(Console.log),
  Effect.catchTag("MessageTooBig", ({ allowed, limit, seen }) =>
    Console.log(`${limit} is ${allowed}, this has ${seen}`)
  )
)
