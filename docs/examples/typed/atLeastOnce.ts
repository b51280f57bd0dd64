import { AtLeastOnce, Client } from "@effect-websocket/client"
import { Console, Effect, Schema, Stream } from "effect"

const protocol = {
  receive: Schema.Struct({ ack: Schema.Int, token: Schema.String }),
  send: Schema.Struct({ n: Schema.Int, order: Schema.String })
}

export const program = Effect.gen(function* () {
  const reliable = yield* AtLeastOnce.make({
    ...protocol,
    number: (order: string, n) => ({ n, order }),
    ackOf: ({ ack }) => ack,
    tokenOf: ({ token }) => token
  })
  const client = yield* Client.make({
    url: Effect.map(reliable.resumeToken, (token = "") => `wss://example.com/orders?resume=${token}`),
    onOpen: reliable.replay
  })
  const orders = reliable.over(client)
  yield* Effect.forkScoped(Stream.runDrain(orders.messages))
  yield* orders.send("two of these")
  yield* orders.send("one of those")
  yield* orders.acknowledged
  yield* Console.log("both have arrived")
}).pipe(Effect.scoped)
