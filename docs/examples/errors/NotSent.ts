import { Client } from "@effect-websocket/client"
import { Console, Effect } from "effect"

export const program = Effect.gen(function* () {
  const client = yield* Client.make({ url: "wss://example.com/feed", outbox: { whileDisconnected: "fail" } })
  yield* client.send("hello").pipe(Effect.catchTag("NotSent", ({ message, why }) => Console.log(`${why}. ${message}`)))
}).pipe(Effect.scoped)
