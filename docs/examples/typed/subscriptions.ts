import { Client, Subscriptions } from "@effect-websocket/client"
import { Console, Effect, Schema, Stream } from "effect"

export const program = Effect.gen(function* () {
  const subscriptions = yield* Subscriptions.make({ send: Schema.Struct({ op: Schema.String, topic: Schema.String }) })
  const client = yield* Client.make({ url: "wss://example.com/feed", onOpen: subscriptions.replay })
  const subscribe = (topic: string) =>
    subscriptions.subscribe({ subscribe: { op: "subscribe", topic }, unsubscribe: { op: "unsubscribe", topic } })
  yield* subscribe("prices")
  const aWhile = Effect.andThen(subscribe("news"), client.receive)
  yield* Effect.scoped(Effect.flatMap(aWhile, Console.log))
  yield* client.messages.pipe(Stream.take(2), Stream.runForEach(Console.log))
}).pipe(Effect.scoped)
