import { Subscriptions } from "@effect-websocket/client"
import { Console, Effect, Schema } from "effect"

export const program = Effect.gen(function* () {
  const subscriptions = yield* Subscriptions.make({ send: Schema.String, maxActive: 1 })
  yield* subscriptions.subscribe({ subscribe: "prices" })
  yield* subscriptions
    .subscribe({ subscribe: "news" })
    .pipe(Effect.catchTag("TooManySubscriptions", ({ allowed, limit }) => Console.log(`${limit}: ${allowed}`)))
}).pipe(Effect.scoped)
