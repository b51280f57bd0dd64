import { assert, describe, it } from "@effect/vitest"
import { MessageCodec, Subscriptions } from "@effect-websocket/client"
import { Pair, type ServerPeer } from "@effect-websocket/client/testing"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import { failsWith, isWaiting, settle, start } from "./harness.ts"
import { made, redialled } from "./longLived.ts"

const make = (options: Partial<Subscriptions.MakeOptions<string>> = {}) =>
  Subscriptions.make({ send: Schema.String, ...options })

/** Subscribes in a scope of its own, and answers how to leave it. */
const subscribe = (subscriptions: Subscriptions.Subscriptions<string>, topic: string) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const subscribing = subscriptions.subscribe({ subscribe: `+${topic}`, unsubscribe: `-${topic}` })
    yield* Scope.provide(subscribing, scope)
    return Scope.close(scope, Exit.void)
  })

/** What came to the server by now. */
const heard = (server: ServerPeer.ServerPeer) =>
  Effect.gen(function* () {
    // What was asked for leaves first, and only then is looked at.
    yield* settle
    const messages: Array<unknown> = []
    const hearing = yield* start(
      Effect.forever(
        Effect.map(server.next, (event) =>
          messages.push(event._tag === "Message" ? JSON.parse(String(event.message)) : event._tag)
        )
      )
    )
    yield* settle
    yield* Fiber.interrupt(hearing)
    return messages.join(" ")
  })

describe("over the connections of a client", () => {
  const flapping = Effect.gen(function* () {
    const subscriptions = yield* make()
    const { accept } = yield* made({ onOpen: subscriptions.replay })
    const lose = ({ wire }: { readonly wire: { readonly reset: () => void } }) =>
      Effect.andThen(
        Effect.sync(() => wire.reset()),
        settle
      )
    return { subscriptions, accept: redialled(accept), lose }
  })

  it.effect("each connection is asked for what is active, in order, and once", () =>
    Effect.gen(function* () {
      const { accept, lose, subscriptions } = yield* flapping
      yield* subscribe(subscriptions, "a")
      const first = yield* accept
      yield* subscribe(subscriptions, "b")
      assert.strictEqual(yield* heard(first.server), "+a +b")
      yield* lose(first)
      yield* subscribe(subscriptions, "c")
      const second = yield* accept
      assert.strictEqual(yield* heard(second.server), "+a +b +c")
      assert.strictEqual(yield* subscriptions.active, 3)
    })
  )

  it.effect("what has ended is taken back, and not asked for again", () =>
    Effect.gen(function* () {
      const { accept, lose, subscriptions } = yield* flapping
      const first = yield* accept
      const endA = yield* subscribe(subscriptions, "a")
      yield* subscribe(subscriptions, "b")
      yield* endA
      assert.strictEqual(yield* heard(first.server), "+a +b -a")
      yield* lose(first)
      assert.strictEqual(yield* heard((yield* accept).server), "+b")
    })
  )

  it.effect("what ended while there was no connection is not mentioned on the next", () =>
    Effect.gen(function* () {
      const { accept, lose, subscriptions } = yield* flapping
      const first = yield* accept
      const endA = yield* subscribe(subscriptions, "a")
      yield* subscribe(subscriptions, "b")
      assert.strictEqual(yield* heard(first.server), "+a +b")
      yield* lose(first)
      yield* endA
      assert.strictEqual(yield* heard((yield* accept).server), "+b")
    })
  )

  it.effect("what began and ended without a connection is never mentioned", () =>
    Effect.gen(function* () {
      const { accept, subscriptions } = yield* flapping
      yield* Effect.flatten(subscribe(subscriptions, "a"))
      assert.strictEqual(yield* heard((yield* accept).server), "")
    })
  )
})

describe("on one connection", () => {
  it.effect("replay succeeds when the connection has accepted what there was", () =>
    Effect.gen(function* () {
      const subscriptions = yield* make()
      yield* subscriptions.subscribe({ subscribe: "x".repeat(70_000) })
      yield* subscriptions.subscribe({ subscribe: "y" })
      const { server, socket, wire } = yield* Pair.open()
      wire.stall()
      const replaying = yield* start(subscriptions.replay(socket))
      assert.isTrue(yield* isWaiting(replaying))
      wire.resume()
      yield* Fiber.join(replaying)
      assert.strictEqual((yield* heard(server)).length, 70_002)
    })
  )

  it.effect("replay fails when the connection is lost meanwhile, and the next gets everything", () =>
    Effect.gen(function* () {
      const subscriptions = yield* make()
      yield* subscriptions.subscribe({ subscribe: "x".repeat(70_000) })
      yield* subscriptions.subscribe({ subscribe: "y" })
      const first = yield* Pair.open()
      first.wire.stall()
      const replaying = yield* start(Effect.flip(subscriptions.replay(first.socket)))
      yield* settle
      first.wire.reset()
      assert.strictEqual((yield* Fiber.join(replaying))._tag, "ConnectionClosed")
      const second = yield* Pair.open()
      yield* subscriptions.replay(second.socket)
      assert.strictEqual((yield* heard(second.server)).length, 70_002)
    })
  )

  it.effect("replay of nothing succeeds", () =>
    Effect.gen(function* () {
      const subscriptions = yield* make()
      yield* subscriptions.replay((yield* Pair.open()).socket)
    })
  )

  it.effect("without a message that takes it back, its end is silent", () =>
    Effect.gen(function* () {
      const subscriptions = yield* make()
      const { server, socket } = yield* Pair.open()
      yield* subscriptions.replay(socket)
      yield* Effect.scoped(subscriptions.subscribe({ subscribe: "+a" }))
      yield* subscriptions.subscribe({ subscribe: "+b" })
      assert.strictEqual(yield* heard(server), "+a +b")
    })
  )

  it.effect("once its scope is left, nothing is handed over any more", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const subscriptions = yield* Scope.provide(make(), scope)
      const { server, socket } = yield* Pair.open()
      yield* subscriptions.replay(socket)
      yield* Scope.close(scope, Exit.void)
      yield* subscriptions.subscribe({ subscribe: "+a" })
      yield* socket.send(`"end"`)
      assert.strictEqual(yield* heard(server), "end")
    })
  )
})

describe("what cannot be subscribed to", () => {
  it.effect("more than the bounds allow", () =>
    Effect.gen(function* () {
      const few = yield* make({ maxActive: 1 })
      const leave = yield* subscribe(few, "a")
      yield* failsWith(Effect.scoped(few.subscribe({ subscribe: "b" })), {
        _tag: "TooManySubscriptions",
        limit: "maxActive",
        allowed: 1
      })
      yield* leave
      yield* few.subscribe({ subscribe: "b" })
      const short = yield* make({ maxBytes: 10 })
      yield* short.subscribe({ subscribe: "one always fits" })
      yield* failsWith(Effect.scoped(short.subscribe({ subscribe: "b" })), { limit: "maxBytes", allowed: 10 })
      assert.strictEqual(yield* short.active, 1)
    })
  )

  it.effect("what does not encode, either way", () =>
    Effect.gen(function* () {
      const subscriptions = yield* Subscriptions.make({ send: Schema.Int })
      const fails = (subscription: Subscriptions.Subscription<number>) =>
        failsWith(Effect.scoped(subscriptions.subscribe(subscription)), { _tag: "EncodeFailed" })
      yield* fails({ subscribe: 0.5 })
      yield* fails({ subscribe: 1, unsubscribe: 0.5 })
      assert.strictEqual(yield* subscriptions.active, 0)
    })
  )

  it.effect("what is not legal", () =>
    Effect.gen(function* () {
      const raw = { decode: String, encode: String }
      const subscriptions = yield* make({ codec: MessageCodec.make(raw) })
      const half = "\ud800"
      yield* failsWith(Effect.scoped(subscriptions.subscribe({ subscribe: half })), { _tag: "InvalidMessage" })
    })
  )

  it.effect("an option out of range is InvalidOptions", () =>
    Effect.map(Effect.flip(make({ maxActive: 0 })), ({ message }) => assert.include(message, "maxActive"))
  )
})
