/** The idle timeout on TestClock: what breaks the silence, and how the connection ends. */
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { connected, failsWith, frame, settle, start, text } from "./harness.ts"
import { isOver } from "./silent.ts"

const minute = { deadlines: { idleTimeout: "1 minute" } } as const

describe("the idle timeout", () => {
  it.effect("none by default: a peer that answers pings may be quiet for ever", () =>
    Effect.gen(function* () {
      const all = yield* connected()
      yield* start(Effect.forever(all.server.next))
      yield* TestClock.adjust("1 day")
      assert.isFalse(isOver(all))
    })
  )

  it.effect("after exactly that time without a message, although pings are answered", () =>
    Effect.gen(function* () {
      const all = yield* connected(minute)
      const reading = yield* start(Effect.forever(all.server.next))
      const receiving = yield* start(Effect.flip(all.socket.receive))
      yield* TestClock.adjust(59_999)
      assert.isUndefined(receiving.pollUnsafe())
      yield* Fiber.interrupt(reading)
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* all.server.next, { _tag: "Close", closeCode: 1001, closeReason: "" })
      all.wire.end()
      const error = yield* Fiber.join(receiving)
      if (error._tag !== "IdleTimeout") return assert.fail(error._tag)
      assert.strictEqual(Duration.toMinutes(error.idleTimeout), 1)
      assert.strictEqual(Duration.toMillis(error.latency!), 0)
      assert.deepInclude(yield* all.socket.closed, { closeCode: 1001, by: "us", clean: true })
      const closed = { _tag: "ConnectionClosed", cause: error }
      yield* failsWith(all.socket.send("x"), closed)
      yield* failsWith(Stream.runDrain(all.socket.messages), error)
    })
  )

  it.effect("a peer that does not answer our Close is waited for no longer than a second", () =>
    Effect.gen(function* () {
      const all = yield* connected({ ...minute, keepAlive: false }, { mute: true })
      yield* TestClock.adjust("60999 millis")
      assert.isFalse(isOver(all))
      yield* TestClock.adjust(1)
      assert.isTrue(isOver(all))
      yield* failsWith(all.socket.receive, { _tag: "IdleTimeout" })
    })
  )

  const data: Record<string, Uint8Array> = {
    "a message": text("x"),
    "a fragment": text("x", false),
    "the head of one": text("xyz").subarray(0, 2),
    "a part of one": text("xyz").subarray(0, 3)
  }
  for (const [what, bytes] of Object.entries(data)) {
    it.effect(`${what} is data`, () =>
      Effect.gen(function* () {
        const all = yield* connected({ ...minute, keepAlive: false }, { mute: true })
        yield* TestClock.adjust("59 seconds")
        all.wire.send(bytes)
        yield* TestClock.adjust("60999 millis")
        assert.isFalse(isOver(all))
        yield* TestClock.adjust(1)
        assert.isTrue(isOver(all))
      })
    )
  }

  const control: Record<string, Uint8Array> = { "a ping": frame(0x9, ""), "a pong": frame(0xa, "x") }
  for (const [what, bytes] of Object.entries(control)) {
    it.effect(`${what} is none, and what we send is none either`, () =>
      Effect.gen(function* () {
        const all = yield* connected({ ...minute, keepAlive: false }, { mute: true })
        yield* TestClock.adjust("59 seconds")
        all.wire.send(bytes)
        yield* all.socket.send("hello?")
        yield* TestClock.adjust("2 seconds")
        assert.isTrue(isOver(all))
      })
    )
  }

  it.effect("not while the inbox is full, and from then on the peer has the whole time", () =>
    Effect.gen(function* () {
      const all = yield* connected({ ...minute, keepAlive: false, limits: { inboxMessages: 1 } }, { mute: true })
      yield* all.server.send("x")
      yield* TestClock.adjust("89 seconds")
      assert.strictEqual(yield* all.socket.receive, "x")
      yield* settle
      yield* TestClock.adjust("60999 millis")
      assert.isFalse(isOver(all))
      yield* TestClock.adjust(1)
      assert.isTrue(isOver(all))
    })
  )

  it.effect("a program that closes meanwhile gets the answer to its Close", () =>
    Effect.gen(function* () {
      const all = yield* connected({ ...minute, keepAlive: false }, { mute: true })
      yield* TestClock.adjust("59 seconds")
      const closing = yield* start(all.socket.close())
      yield* TestClock.adjust("5 seconds")
      assert.isFalse(isOver(all))
      yield* all.server.close(1000)
      all.wire.end()
      assert.deepInclude(yield* Fiber.join(closing), { closeCode: 1000, clean: true })
    })
  )
})
