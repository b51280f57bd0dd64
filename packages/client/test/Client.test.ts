import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { failsWith, settle, start } from "./harness.ts"
import { made, statuses, tags } from "./longLived.ts"

describe("Client", () => {
  it.effect("messages span connections, and end after our close", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made()
      const reading = yield* start(Stream.runCollect(client.messages))
      const seen = yield* statuses(client)
      const first = yield* accept
      yield* first.server.send("one")
      yield* settle
      first.wire.reset()
      yield* settle
      yield* TestClock.adjust("1 second")
      const second = yield* accept
      yield* second.server.send("two")
      yield* settle
      const closing = yield* start(client.close(4000, "done"))
      yield* settle
      assert.deepStrictEqual(yield* second.server.next, { _tag: "Close", closeCode: 4000, closeReason: "done" })
      yield* start(second.server.end)
      second.wire.end()
      const info = yield* Fiber.join(closing)
      assert.deepInclude(info, { closeCode: 4000, by: "us", clean: true })
      assert.deepStrictEqual(yield* Fiber.join(reading), ["one", "two"])
      assert.deepStrictEqual(tags(seen), ["Connecting", "Open", "Waiting", "Connecting", "Open", "Stopped"])
    })
  )

  it.effect("whoever is woken by a change finds the status that belongs to it", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made()
      const tag = Effect.map(client.status, ({ _tag }) => _tag)
      const connected = yield* start(Effect.andThen(client.connection, tag))
      const taking = yield* start(Effect.andThen(Effect.flip(client.receive), tag))
      const { server, wire } = yield* accept
      assert.strictEqual(yield* Fiber.join(connected), "Open")
      yield* server.close(1008)
      wire.end()
      assert.strictEqual(yield* Fiber.join(taking), "Stopped")
    })
  )

  it.effect("leaving the scope says goodbye", () =>
    Effect.gen(function* () {
      const { accept, leave } = yield* made()
      const { server, wire } = yield* accept
      const leaving = yield* start(leave(Exit.void))
      yield* settle
      assert.deepInclude(yield* server.next, { _tag: "Close", closeCode: 1000 })
      wire.end()
      yield* Fiber.join(leaving)
    })
  )

  it.effect("its pings go out up to a tenth of the interval early, so that a fleet does not ping as one", () =>
    Effect.gen(function* () {
      for (const [keepAlive, earliest] of [
        [{}, 18_000],
        [{ jitter: 0 }, 20_000],
        [{ interval: "10 seconds", jitter: 0.5 }, 5000]
      ] as const) {
        const { accept } = yield* made({ keepAlive }, { mute: true })
        const { wire } = yield* accept
        yield* TestClock.adjust(earliest - 1)
        const before = wire.written().length
        yield* TestClock.adjust(1)
        yield* TestClock.adjust("interval" in keepAlive ? 5000 : 20_000 - earliest)
        assert.strictEqual(wire.written().length, before + 10)
      }
    })
  )

  it.effect("receiveN: at least one, whatever number is asked for, also of what a lost connection left", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made()
      const { server, wire } = yield* accept
      yield* server.together(["0", "1", "2", "3"].map(server.send))
      yield* settle
      assert.deepStrictEqual(yield* client.receiveN(0), ["0"])
      wire.reset()
      yield* settle
      assert.deepStrictEqual(yield* client.receiveN(-1), ["1"])
      assert.deepStrictEqual(yield* client.receiveN(Number.NaN), ["2"])
      yield* client.close()
      assert.deepStrictEqual(yield* client.receiveN(Number.POSITIVE_INFINITY), ["3"])
      yield* failsWith(client.receiveN(Number.POSITIVE_INFINITY), { _tag: "ConnectionClosed", by: "us" })
    })
  )
})
