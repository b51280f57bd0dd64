/** What counts as a sign of life, on TestClock. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { frame, settle, start, text } from "./harness.ts"
import { isOver, pings, silent } from "./silent.ts"

describe("life", () => {
  const received: Record<string, Uint8Array> = {
    "a message": text("x"),
    "a part of one": text("xyz").subarray(0, 3),
    "a ping": frame(0x9, ""),
    "a pong of another's": frame(0xa, "x")
  }
  for (const [what, bytes] of Object.entries(received)) {
    it.effect(`any received byte after the ping: ${what}`, () =>
      Effect.gen(function* () {
        const all = yield* silent()
        yield* TestClock.adjust("20 seconds")
        all.wire.send(bytes)
        yield* TestClock.adjust(39_999)
        assert.isFalse(isOver(all))
        yield* TestClock.adjust(1)
        assert.isTrue(isOver(all))
      })
    )
  }

  it.effect("not what came before the ping", () =>
    Effect.gen(function* () {
      const all = yield* silent()
      yield* TestClock.adjust(19_999)
      yield* all.server.send("x")
      yield* TestClock.adjust(1 + 19_999)
      assert.isFalse(isOver(all))
      yield* TestClock.adjust(1)
      assert.isTrue(isOver(all))
    })
  )

  it.effect("never while the inbox is full: we do not read, so silence is ours", () =>
    Effect.gen(function* () {
      const all = yield* silent({ limits: { inboxMessages: 1 } })
      yield* all.server.send("x")
      yield* settle
      yield* TestClock.adjust("1 hour")
      assert.isFalse(isOver(all))
      // Once it is taken, the peer has another interval and timeout to show itself.
      yield* all.socket.receive
      yield* TestClock.adjust(39_999)
      assert.isFalse(isOver(all))
    })
  )

  it.effect("reading that goes on in the last moment gives the peer another chance", () =>
    Effect.gen(function* () {
      const all = yield* silent({ limits: { inboxMessages: 1 } })
      yield* all.server.send("x")
      yield* TestClock.adjust(39_999)
      yield* all.socket.receive
      yield* TestClock.adjust("5 seconds")
      assert.isFalse(isOver(all))
    })
  )

  it.effect("progress of our writes: a peer that takes a large message slowly is alive", () =>
    Effect.gen(function* () {
      const all = yield* silent({}, { highWaterMark: 1 })
      const { socket, wire } = all
      wire.stall()
      yield* socket.send(new Uint8Array(100_000))
      yield* settle
      for (let n = 0; n < 20; n++) {
        wire.admit(1000)
        yield* TestClock.adjust("15 seconds")
      }
      assert.isFalse(isOver(all))
      yield* TestClock.adjust("1 minute")
      assert.isTrue(isOver(all))
    })
  )

  it.effect("progress of our writes counts even if senders keep the transport full", () =>
    Effect.gen(function* () {
      const all = yield* silent({}, { highWaterMark: 1000 })
      const { socket, wire } = all
      wire.stall()
      yield* start(Effect.forever(socket.send(new Uint8Array(994)), { disableYield: true }))
      for (let n = 0; n < 20; n++) {
        yield* TestClock.adjust("15 seconds")
        wire.admit(1000)
        yield* settle
      }
      assert.isFalse(isOver(all))
    })
  )

  it.effect("not what the kernel takes at once: a program that goes on sending notices a dead peer", () =>
    Effect.gen(function* () {
      const all = yield* silent()
      for (let second = 0; second < 40; second++) {
        assert.isFalse(isOver(all))
        yield* all.socket.send("x")
        yield* TestClock.adjust("1 second")
      }
      assert.isTrue(isOver(all))
    })
  )

  it.effect("received bytes, also while the ping waits in line behind a peer that takes nothing", () =>
    Effect.gen(function* () {
      const all = yield* silent({}, { highWaterMark: 1 })
      const { socket, wire } = all
      yield* start(Stream.runDrain(socket.messages))
      wire.stall()
      yield* socket.send("x")
      for (let n = 0; n < 10; n++) {
        wire.send(text("busy"))
        yield* TestClock.adjust("15 seconds")
      }
      assert.isFalse(isOver(all))
      yield* TestClock.adjust("40 seconds")
      assert.isTrue(isOver(all))
    })
  )

  it.effect("the timeout runs from the flush of the ping", () =>
    Effect.gen(function* () {
      const all = yield* silent({}, { highWaterMark: 1 })
      const { socket, wire } = all
      wire.stall()
      yield* socket.send("x")
      yield* TestClock.adjust("35 seconds")
      wire.resume()
      yield* settle
      assert.strictEqual(pings(all), 1)
      yield* TestClock.adjust(19_999)
      assert.isFalse(isOver(all))
      yield* TestClock.adjust(1)
      assert.isTrue(isOver(all))
    })
  )

  it.effect("a ping that never leaves is no excuse: silence and standstill end the connection", () =>
    Effect.gen(function* () {
      const all = yield* silent({}, { highWaterMark: 1 })
      all.wire.stall()
      yield* all.socket.send("x")
      yield* TestClock.adjust(39_999)
      assert.isFalse(isOver(all))
      yield* TestClock.adjust(1)
      assert.isTrue(isOver(all))
    })
  )
})
