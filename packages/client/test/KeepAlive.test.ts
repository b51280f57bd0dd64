/** Keep-alive on TestClock: when pings go out, and when a peer is called dead. */
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { connected, failsWith, frame, start, violation } from "./harness.ts"
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

  it.effect("interval and timeout as given", () =>
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

  it.effect("off, or never: no ping, and silence for ever is no failure", () =>
    Effect.gen(function* () {
      for (const keepAlive of [false, { interval: "Infinity" }, { timeout: "Infinity" }] as const) {
        const all = yield* silent({ keepAlive })
        yield* TestClock.adjust("1000 days")
        assert.isFalse(isOver(all))
        assert.strictEqual(pings(all), keepAlive !== false && "timeout" in keepAlive ? 1 : 0)
      }
    })
  )

  it.effect("measures the latency", () =>
    Effect.gen(function* () {
      const all = yield* silent()
      yield* TestClock.adjust("20 seconds")
      yield* TestClock.adjust(80)
      yield* answer(all)
      assert.strictEqual(Duration.toMillis((yield* all.socket.latency)!), 80)
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

  it.effect("and in the time in which a violation's Close waits for its turn", () =>
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
