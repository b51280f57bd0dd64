import { assert, it } from "@effect/vitest"
import { Client } from "@effect-websocket/client"
import { ServerPeer } from "@effect-websocket/client/testing"
import { MemoryTransport } from "@effect-websocket/transport/testing"
import { Effect, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"

/** What is tested: a program that stays connected. */
const prices = Client.make({
  url: "wss://example.com/prices",
  onOpen: (connection) => connection.send("subscribe ACME")
}).pipe(Effect.flatMap((client) => client.messages.pipe(Stream.take(2), Stream.runCollect)))

it.effect("it subscribes again after a loss, and misses no price", () =>
  Effect.gen(function* () {
    const network = yield* MemoryTransport.make()
    const running = yield* Effect.forkChild(prices.pipe(Effect.scoped, Effect.provide(network.layer)))
    for (const price of ["7.50", "7.25"]) {
      const wire = yield* network.accept
      const server = yield* ServerPeer.accept(wire)
      assert.deepStrictEqual(yield* server.next, { _tag: "Message", message: "subscribe ACME" })
      yield* server.send(price)
      yield* TestClock.adjust(0)
      wire.reset()
      yield* TestClock.adjust("1 second")
    }
    assert.deepStrictEqual(yield* Fiber.join(running), ["7.50", "7.25"])
  })
)
