import { WebSocket } from "@effect-websocket/client"
import { Console, Effect, Stream } from "effect"

export const program = Effect.gen(function* () {
  const socket = yield* WebSocket.connect("wss://example.com/prices")
  const [all, rises] = yield* Stream.broadcastN(socket.messages, { n: 2, capacity: 16 })
  const printing = Stream.runForEach(all, (price) => Console.log(price))
  const counting = Stream.runCount(Stream.filter(rises, (price) => String(price).startsWith("+")))
  const [, count] = yield* Effect.all([printing, counting], { concurrency: "unbounded" })
  yield* Console.log(`${count} rises`)
}).pipe(Effect.scoped)
