import { Client } from "@effect-websocket/client"
import { Console, Effect } from "effect"

export const program = Effect.gen(function* () {
  const client = yield* Client.make({ url: "wss://example.com/orders" })
  const fate = yield* client.sendTracked("buy two")
  yield* fate.pipe(Effect.catchTag("FateUnknown", ({ message }) => Console.log(message)))
}).pipe(Effect.scoped)
