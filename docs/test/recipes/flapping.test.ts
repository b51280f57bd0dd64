import { assert, it } from "@effect/vitest"
import { Client } from "@effect-websocket/client"
import { ServerPeer } from "@effect-websocket/client/testing"
import { MemoryTransport } from "@effect-websocket/transport/testing"
import { Effect, Fiber, Schedule, Stream } from "effect"
import { TestClock } from "effect/testing"

it.effect("a server that says one thing and is gone, again and again", () =>
  Effect.gen(function* () {
    const network = yield* MemoryTransport.make()
    const options = { url: "ws://example.com/", reconnect: Schedule.spaced("1 second") }
    const client = yield* Effect.provide(Client.make(options), network.layer)
    const listening = yield* Effect.forkChild(Stream.runCollect(Stream.take(client.messages, 100)))
    for (let n = 0; n < 100; n++) {
      const wire = yield* network.accept
      const server = yield* ServerPeer.accept(wire)
      yield* server.send(`news ${n}`)
      wire.reset()
      // An outage of a second, which takes no time: all of them together are a minute and a half.
      yield* TestClock.adjust("1 second")
    }
    const heard = yield* Fiber.join(listening)
    assert.deepStrictEqual(
      heard,
      Array.from({ length: 100 }, (_, n) => `news ${n}`)
    )
  })
)
