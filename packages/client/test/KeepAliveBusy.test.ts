/** A program that computes, and a machine that sleeps: timers fire before the bytes that came meanwhile are read. */
import { assert, describe, it } from "@effect/vitest"
import type { ConnectOptions } from "@effect-websocket/client"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { HandClock } from "./handClock.ts"
import { type Connected, settle, text } from "./harness.ts"
import { answer, isOver, pings, silent } from "./silent.ts"

const busy = Effect.fnUntraced(function* (options: ConnectOptions = {}) {
  const clock = new HandClock()
  const all = yield* Effect.provideService(silent(options), Clock.Clock, clock)
  return { ...all, jump: clock.jump }
})

/** Whether a Close with 1001 has reached the wire. The connection masks with zeros. */
const isClosing = ({ wire }: Connected) => Buffer.from(wire.written()).includes(hex("88 82 00000000 03e9"))

const hex = (bytes: string) => Buffer.from(bytes.replaceAll(" ", ""), "hex")

describe("keep-alive of a busy program", () => {
  it.effect("a pong that came while the program was busy counts, although the timer fired first", () =>
    Effect.gen(function* () {
      const all = yield* busy()
      yield* all.jump(20_000)
      assert.strictEqual(pings(all), 1)
      // Half a minute of work: now the timer fires, 10 s late, and then the pong is read.
      yield* all.jump(30_000)
      assert.isFalse(isOver(all))
      yield* answer(all)
      yield* all.jump(10_000)
      assert.isFalse(isOver(all))
    })
  )

  it.effect("a dead peer has as long again as the timer was late, and is given up then", () =>
    Effect.gen(function* () {
      const all = yield* busy()
      yield* all.jump(20_000)
      yield* all.jump(23_000)
      yield* all.jump(2_999)
      assert.isFalse(isOver(all))
      yield* all.jump(1)
      assert.isTrue(isOver(all))
    })
  )

  it.effect("at most the timeout again, however long the machine slept", () =>
    Effect.gen(function* () {
      const all = yield* busy()
      yield* all.jump(20_000)
      yield* all.jump(3_600_000)
      yield* all.jump(19_999)
      assert.isFalse(isOver(all))
      yield* all.jump(1)
      assert.isTrue(isOver(all))
    })
  )

  it.effect("a program that is always late notices a dead peer within interval and twice the timeout", () =>
    Effect.gen(function* () {
      const all = yield* busy()
      yield* all.jump(20_000)
      for (let late = 37; late < 40_000 + 2 * 37; late += 37) yield* all.jump(37)
      assert.isTrue(isOver(all))
    })
  )

  it.effect("pings that were due meanwhile are not made up for", () =>
    Effect.gen(function* () {
      const all = yield* busy()
      yield* all.jump(70_000)
      assert.strictEqual(pings(all), 1)
      yield* answer(all)
      yield* settle
      yield* all.jump(10_000)
      assert.strictEqual(pings(all), 2)
    })
  )
})

describe("the idle timeout of a busy program", () => {
  it.effect("a message that came while the program was busy counts", () =>
    Effect.gen(function* () {
      const all = yield* busy({ keepAlive: false, deadlines: { idleTimeout: "1 minute" } })
      yield* all.jump(80_000)
      assert.isFalse(isOver(all))
      all.wire.send(text("news"))
      yield* settle
      yield* all.jump(59_999)
      assert.isFalse(isOver(all))
    })
  )

  it.effect("a silent peer has as long again as the timer was late, and is told goodbye then", () =>
    Effect.gen(function* () {
      const all = yield* busy({ keepAlive: false, deadlines: { idleTimeout: "1 minute" } })
      yield* all.jump(80_000)
      yield* all.jump(19_999)
      assert.isFalse(isClosing(all))
      yield* all.jump(1)
      assert.isTrue(isClosing(all))
    })
  )

  it.effect("after a message, a late timer excuses as much as the first one did", () =>
    Effect.gen(function* () {
      const all = yield* busy({ keepAlive: false, deadlines: { idleTimeout: "1 minute" } })
      yield* all.jump(80_000)
      all.wire.send(text("news"))
      yield* settle
      yield* all.jump(120_000)
      assert.isFalse(isClosing(all))
      yield* all.jump(60_000)
      assert.isTrue(isClosing(all))
    })
  )
})
