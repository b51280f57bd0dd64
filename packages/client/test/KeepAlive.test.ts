/** Keep-alive on TestClock: when pings go out, and when a peer is called dead. */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import type { Alarm } from "../src/internal/Attendant.ts"
import { KeepAlive } from "../src/internal/KeepAlive.ts"
import * as Moment from "../src/internal/Moment.ts"
import type { Session } from "../src/internal/Session.ts"
import { KeepAliveOptions } from "../src/KeepAliveOptions.ts"
import { connected, failsWith, frame, settle, start, violation } from "./harness.ts"
import { answer, isOver, pings, silent } from "./silent.ts"

describe("the schedule", () => {
  it.effect("the first ping goes out exactly one interval after opening, then one each interval", () =>
    Effect.gen(function* () {
      const all = yield* connected()
      const { server } = all
      yield* start(Effect.forever(server.next))
      yield* TestClock.adjust(19_999)
      assert.strictEqual(pings(all), 0)
      for (let n = 1; n <= 5; n++) {
        yield* TestClock.adjust(1)
        assert.strictEqual(pings(all), n)
        yield* TestClock.adjust(19_999)
        assert.strictEqual(pings(all), n)
      }
    })
  )

  it.effect("whatever the consumer does: none, one that waits, one that never comes back", () =>
    Effect.gen(function* () {
      for (const consumer of ["none", "waits", "never comes back"]) {
        const all = yield* connected()
        yield* start(Effect.forever(all.server.next))
        if (consumer === "waits") yield* start(all.socket.receive)
        if (consumer === "never comes back") yield* start(Effect.andThen(all.socket.receive, Effect.never))
        yield* all.server.send("x")
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(pings(all), 3, consumer)
      }
    })
  )

  it.effect("a pong that takes part of the interval does not shift the next ping", () =>
    Effect.gen(function* () {
      const all = yield* silent()
      for (let n = 1; n <= 3; n++) {
        yield* TestClock.adjust(n === 1 ? "20 seconds" : "13 seconds")
        assert.strictEqual(pings(all), n)
        yield* TestClock.adjust("7 seconds")
        yield* answer(all)
      }
    })
  )

  it.effect("a peer that sends but never answers is pinged each interval all the same", () =>
    Effect.gen(function* () {
      for (const timeout of ["20 seconds", "65 seconds"] as const) {
        const all = yield* silent({ keepAlive: { timeout } })
        for (let second = 0; second < 100; second++) {
          all.wire.send(frame(0xa, "not yours"))
          yield* TestClock.adjust("1 second")
        }
        assert.strictEqual(pings(all), 5, timeout)
        assert.isFalse(isOver(all))
      }
    })
  )

  it.effect("interval and timeout are those given", () =>
    Effect.gen(function* () {
      const all = yield* silent({ keepAlive: { interval: 300, timeout: 50 } })
      yield* TestClock.adjust(300)
      assert.strictEqual(pings(all), 1)
      yield* TestClock.adjust(49)
      assert.isFalse(isOver(all))
      yield* TestClock.adjust(1)
      assert.isTrue(isOver(all))
    })
  )

  it.effect("with keepAlive false, or an infinite interval or timeout, silence is never a failure", () =>
    Effect.gen(function* () {
      for (const keepAlive of [false, { interval: "Infinity" }, { timeout: "Infinity" }] as const) {
        const all = yield* silent({ keepAlive })
        yield* TestClock.adjust("1000 days")
        assert.isFalse(isOver(all))
        assert.strictEqual(pings(all), keepAlive !== false && "timeout" in keepAlive ? 1 : 0)
      }
    })
  )

  it.effect("its pings measure the latency", () =>
    Effect.gen(function* () {
      const all = yield* silent()
      yield* TestClock.adjust("20 seconds")
      yield* TestClock.adjust(80)
      yield* answer(all)
      assert.strictEqual(Duration.toMillis((yield* all.socket.latency)!), 80)
    })
  )
})

describe("jitter", () => {
  /** The waits before each of so many pings, in milliseconds. */
  const waits = Effect.fnUntraced(function* (jitter: number, seed: string) {
    const all = yield* Random.withSeed(connected({ keepAlive: { interval: 1000, jitter } }), seed)
    yield* start(Effect.forever(all.server.next))
    const moments: Array<number> = []
    for (let now = 1; now <= 20_000; now++) {
      yield* TestClock.adjust(1)
      if (pings(all) > moments.length) moments.push(now)
    }
    return moments
  })

  it.effect("an interval that never ends has no part: the alarm never rings", () =>
    Effect.gen(function* () {
      const set: Array<Alarm> = []
      const session = {
        clock: yield* Clock.Clock,
        context: Context.empty(),
        reader: { reads: 0 },
        attendant: { set: (alarm: Alarm) => set.push(alarm) }
      }
      const options = KeepAliveOptions.make({ interval: Duration.infinity, jitter: 0.5 })
      new KeepAlive(session as unknown as Session<unknown>, options).begin()
      assert.deepStrictEqual(
        set.map(({ at }) => at),
        [Moment.never]
      )
    })
  )

  it.effect("each ping goes out earlier by a random part of the share, and nothing drifts", () =>
    Effect.gen(function* () {
      const moments = yield* waits(0.1, "a fleet")
      assert.strictEqual(moments.length, 20)
      const early = moments.map((moment, n) => (n + 1) * 1000 - moment)
      for (const by of early) assert.isTrue(by >= 0 && by <= 100, `${by}`)
      assert.isAbove(new Set(early).size, 10)
      assert.notDeepEqual(yield* waits(0.1, "another of it"), moments)
    })
  )
})

describe("onlyWhenIdle", () => {
  it.effect("no ping after an interval in which something came; one after a quiet one", () =>
    Effect.gen(function* () {
      const all = yield* silent({ keepAlive: { onlyWhenIdle: true } })
      for (let n = 0; n < 5; n++) {
        yield* TestClock.adjust("10 seconds")
        yield* all.server.send("news")
        yield* TestClock.adjust("10 seconds")
      }
      assert.strictEqual(pings(all), 0)
      yield* TestClock.adjust("19999 millis")
      assert.strictEqual(pings(all), 0)
      yield* TestClock.adjust(1)
      assert.strictEqual(pings(all), 1)
      yield* TestClock.adjust(19_999)
      assert.isFalse(isOver(all))
      yield* TestClock.adjust(1)
      assert.isTrue(isOver(all))
    })
  )

  it.effect("after a missed ping the next one goes out all the same", () =>
    Effect.gen(function* () {
      const all = yield* silent({ keepAlive: { onlyWhenIdle: true, missed: 2, timeout: "10 seconds" } })
      yield* TestClock.adjust("40 seconds")
      assert.strictEqual(pings(all), 2)
    })
  )
})

describe("missed", () => {
  it.effect("so many pings in a row go unanswered before the peer is given up", () =>
    Effect.gen(function* () {
      const all = yield* silent({ keepAlive: { missed: 3 } })
      const receiving = yield* start(Effect.flip(all.socket.receive))
      yield* TestClock.adjust(79_999)
      assert.strictEqual(pings(all), 3)
      assert.isFalse(isOver(all))
      yield* TestClock.adjust(1)
      assert.isTrue(isOver(all))
      assert.deepInclude(yield* Fiber.join(receiving), { _tag: "PongTimeout", missed: 3 })
    })
  )

  it.effect("a sign of life begins the count again", () =>
    Effect.gen(function* () {
      const all = yield* silent({ keepAlive: { missed: 3, timeout: "10 seconds" } })
      for (let n = 0; n < 3; n++) {
        // Two are missed, the third is answered late but in time.
        yield* TestClock.adjust(n === 0 ? "69 seconds" : "60 seconds")
        yield* answer(all)
        yield* settle
        assert.strictEqual(pings(all), 3 * (n + 1))
      }
      yield* TestClock.adjust("51 seconds")
      yield* TestClock.adjust("9999 millis")
      assert.isFalse(isOver(all))
      yield* TestClock.adjust(1)
      assert.isTrue(isOver(all))
    })
  )

  it.effect("the pong of a missed ping measures the way, however late", () =>
    Effect.gen(function* () {
      const all = yield* silent({ keepAlive: { missed: 2 } })
      yield* TestClock.adjust("20 seconds")
      const late = all.wire.written().slice(-4)
      yield* TestClock.adjust("25 seconds")
      yield* all.server.pong(late)
      assert.strictEqual(Duration.toMillis((yield* all.socket.latency)!), 25_000)
      yield* TestClock.adjust("39999 millis")
      assert.isFalse(isOver(all))
    })
  )
})

describe("PongTimeout", () => {
  it.effect("exactly the timeout after the ping, with its fields; the peer known dead is not waited for", () =>
    Effect.gen(function* () {
      const all = yield* silent({ keepAlive: { interval: "10 seconds", timeout: "3 seconds" } })
      const { leave, socket, wire } = all
      yield* TestClock.adjust("10 seconds")
      yield* TestClock.adjust(120)
      yield* answer(all)
      const receiving = yield* start(Effect.flip(socket.receive))
      yield* TestClock.adjust(9880 + 2999)
      assert.isFalse(isOver(all))
      yield* TestClock.adjust(1)
      assert.isTrue(wire.isDestroyed())
      const error = yield* Fiber.join(receiving)
      if (error._tag !== "PongTimeout") return assert.fail(error._tag)
      assert.strictEqual(Duration.toMillis(error.interval), 10_000)
      assert.strictEqual(Duration.toMillis(error.timeout), 3000)
      assert.strictEqual(Duration.toMillis(error.latency!), 120)
      assert.strictEqual(error.missed, 1)
      assert.deepInclude(yield* socket.closed, { closeCode: 1006, by: "us", clean: false })
      assert.notProperty(yield* socket.closed, "sent")
      yield* leave(Exit.void)
    })
  )

  it.effect("everyone else learns of a ConnectionClosed with it as the cause; the stream fails", () =>
    Effect.gen(function* () {
      const { socket } = yield* silent()
      const pinging = yield* start(Effect.flip(socket.ping()))
      const streaming = yield* start(Effect.flip(Stream.runDrain(socket.messages)))
      yield* TestClock.adjust("40 seconds")
      const streamFailure = yield* Fiber.join(streaming)
      assert.strictEqual(streamFailure._tag, "PongTimeout")
      const closed = { _tag: "ConnectionClosed", closeCode: 1006, by: "us", cause: streamFailure }
      yield* failsWith(Effect.flip(Fiber.join(pinging)), closed)
      yield* failsWith(socket.send("x"), closed)
      yield* failsWith(socket.ping(), closed)
      yield* failsWith(socket.flush, closed)
    })
  )

  it.effect("without a measured round trip there is no latency", () =>
    Effect.gen(function* () {
      const { socket } = yield* silent()
      const receiving = yield* start(Effect.flip(socket.receive))
      yield* TestClock.adjust("40 seconds")
      assert.notProperty(yield* Fiber.join(receiving), "latency")
    })
  )

  it.effect("what was read before is still taken first", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* silent()
      yield* server.send("before")
      yield* TestClock.adjust("40 seconds")
      assert.strictEqual(yield* socket.receive, "before")
      yield* failsWith(socket.receive, { _tag: "PongTimeout" })
    })
  )
})

describe("stops when the connection closes", () => {
  it.effect("no ping after our Close, and no PongTimeout while the goodbye takes its time", () =>
    Effect.gen(function* () {
      const all = yield* silent({ deadlines: { closeTimeout: "5 minutes" } })
      yield* TestClock.adjust("20 seconds")
      const closing = yield* start(all.socket.close())
      yield* TestClock.adjust("4 minutes")
      assert.strictEqual(pings(all), 1)
      assert.isFalse(isOver(all))
      yield* all.server.close(1000)
      all.wire.end()
      assert.isTrue((yield* Fiber.join(closing)).clean)
    })
  )

  it.effect("no ping while a violation's Close waits for its turn", () =>
    Effect.gen(function* () {
      const all = yield* silent({ deadlines: { closeTimeout: "5 minutes" } })
      yield* all.server.together([all.server.send("x"), all.server.write(violation)])
      assert.strictEqual(yield* all.socket.receive, "x")
      yield* TestClock.adjust("4 minutes")
      assert.strictEqual(pings(all), 0)
      assert.isFalse(isOver(all))
      yield* failsWith(all.socket.receive, { _tag: "ProtocolViolation" })
    })
  )
})
