import { Client, type Status } from "@effect-websocket/client"
import { Console, Effect, Stream } from "effect"

const tell = (status: Status): string => {
  switch (status._tag) {
    case "Connecting":
      return `attempt ${status.attempt}`
    case "Open":
      return `connection ${status.generation} is open`
    case "Waiting":
      return `lost (${status.cause._tag}), attempt ${status.attempt} follows`
    case "Paused":
      return "paused"
    case "Stopped":
      return `stopped by the ${status.by}`
  }
}

export const program = Effect.gen(function* () {
  const client = yield* Client.make({ url: "wss://example.com/feed" })
  yield* client.statusChanges.pipe(
    Stream.map(tell),
    Stream.tap(Console.log),
    Stream.takeUntil((line) => line.startsWith("connection 2")),
    Stream.runDrain
  )
}).pipe(Effect.scoped)
