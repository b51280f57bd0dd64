import { Client } from "@effect-websocket/client"
import { Console, Effect } from "effect"

export const program = Effect.gen(function* () {
  const client = yield* Client.make({
    url: "wss://example.com/orders",
    outbox: { whileDisconnected: "queue", maxMessages: 2, overflow: "fail" }
  })
  yield* client.send("first")
  const fate = yield* client.sendTracked("second", { durable: true })
  yield* client.send("third").pipe(Effect.catchTag("NotSent", ({ why }) => Console.log(`third: ${why}`)))
  yield* Console.log(yield* client.outbox)
  yield* fate
  yield* Console.log("second: handed to the kernel")
}).pipe(Effect.scoped)
