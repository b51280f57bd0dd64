/**
 * What users of websocket-client asked for about pings, pongs and dead peers over the years, one promise a test. Each
 * is shown at its shortest; the files named beside them have the corners.
 */
import { assert, describe, it } from "@effect/vitest"
import { ServerPeer } from "@effect-websocket/client/testing"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { connected, failsWith, isWaiting, start, text } from "./harness.ts"
import { answer, isOver, pings, silent } from "./silent.ts"

describe("pings, pongs and dead peers", () => {
  it.effect("heartbeat on by default", () =>
    Effect.gen(function* () {
      const all = yield* silent()
      yield* TestClock.adjust("40 seconds")
      assert.strictEqual(pings(all), 1)
      yield* failsWith(all.socket.receive, { _tag: "PongTimeout" })
    })
  )

  it.effect("a ping is answered by the pong with its payload, or that of a later one, on the monotonic clock", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected({ keepAlive: false }, { mute: true })
      const first = yield* start(socket.ping(Uint8Array.of(1)))
      const second = yield* start(socket.ping(Uint8Array.of(2)))
      yield* TestClock.adjust(30)
      yield* server.pong(Uint8Array.of(3))
      assert.isTrue(yield* isWaiting(first))
      yield* server.pong(Uint8Array.of(2))
      assert.strictEqual(Duration.toMillis(yield* Fiber.join(first)), 30)
      assert.strictEqual(Duration.toMillis(yield* Fiber.join(second)), 30)
    })
  )

  it.effect("one owner of the state: a pong in the last millisecond never meets a false timeout", () =>
    Effect.gen(function* () {
      const all = yield* silent()
      for (let n = 0; n < 10; n++) {
        yield* TestClock.adjust(n === 0 ? 39_999 : 19_999)
        yield* answer(all)
        yield* TestClock.adjust(1)
        assert.isFalse(isOver(all))
      }
    })
  )

  it.effect("state is reset per connection: a new one knows nothing of the pings of the last", () =>
    Effect.gen(function* () {
      const last = yield* silent()
      yield* TestClock.adjust("30 seconds")
      last.wire.reset()
      const next = yield* silent()
      assert.isUndefined(yield* next.socket.latency)
      yield* TestClock.adjust(39_999)
      assert.isFalse(isOver(next))
      yield* TestClock.adjust(1)
      assert.isTrue(isOver(next))
    })
  )

  it.effect("the timer is independent of traffic: a dead network is noticed without a byte either way", () =>
    Effect.gen(function* () {
      const all = yield* silent()
      all.wire.stall()
      const receiving = yield* start(Effect.flip(all.socket.receive))
      yield* TestClock.adjust("40 seconds")
      assert.strictEqual((yield* Fiber.join(receiving))._tag, "PongTimeout")
    })
  )

  it.effect("any combination of interval and timeout is valid", () =>
    Effect.gen(function* () {
      for (const [interval, timeout] of [
        [10, 5],
        [10, 10],
        [10, 25],
        [1, 1000]
      ] as const) {
        const all = yield* silent({ keepAlive: { interval, timeout } })
        yield* TestClock.adjust(interval + timeout - 1)
        assert.isFalse(isOver(all))
        yield* TestClock.adjust(1)
        assert.isTrue(isOver(all))
      }
    })
  )

  it.effect("the first ping goes out exactly at the interval", () =>
    Effect.gen(function* () {
      const all = yield* silent()
      yield* TestClock.adjust(19_999)
      assert.strictEqual(pings(all), 0)
      yield* TestClock.adjust(1)
      assert.strictEqual(pings(all), 1)
    })
  )

  it.effect("nothing of it cannot be interrupted: neither a ping that waits nor the schedule", () =>
    Effect.gen(function* () {
      const all = yield* silent()
      const pinging = yield* start(all.socket.ping())
      yield* Fiber.interrupt(pinging)
      yield* all.socket.abort
      yield* TestClock.adjust("1 hour")
      assert.isAtMost(pings(all), 1)
    })
  )

  it.effect("pings are answered independent of the consumer", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected()
      yield* start(Stream.runForEach(socket.messages, () => Effect.never))
      yield* server.send("a slow callback")
      yield* server.ping(Uint8Array.of(7))
      assert.deepStrictEqual(yield* server.next, { _tag: "Pong", payload: Uint8Array.of(7) })
    })
  )

  it.effect("receive does not hang for days: there is an idle timeout, and it can be interrupted", () =>
    Effect.gen(function* () {
      const all = yield* connected({ deadlines: { idleTimeout: "5 minutes" } })
      const receiving = yield* start(all.socket.receive)
      yield* Fiber.interrupt(receiving)
      all.wire.send(text("not lost"))
      assert.strictEqual(yield* all.socket.receive, "not lost")
      yield* start(ServerPeer.echo(all.server))
      yield* TestClock.adjust("5 minutes")
      yield* failsWith(all.socket.receive, { _tag: "IdleTimeout" })
    })
  )

  it.effect("heartbeats are jittered: a fleet that reconnected at once does not ping at once", () =>
    Effect.gen(function* () {
      const fleet = yield* Effect.forEach(Array.from({ length: 50 }), () =>
        connected({ keepAlive: { jitter: 0.5 } }, { mute: true })
      ).pipe(Random.withSeed("fleet"))
      const pinged = () => fleet.filter((one) => pings(one) > 0).length
      const each: Array<number> = []
      for (let second = 10; second < 20; second++) {
        yield* TestClock.adjust(second === 10 ? "11 seconds" : "1 second")
        each.push(pinged() - each.reduce((sum, count) => sum + count, 0))
      }
      assert.strictEqual(pinged(), 50)
      for (const count of each) assert.isAtMost(count, 15, each.join(" "))
    })
  )
})
