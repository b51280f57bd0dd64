import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Moment from "../src/internal/Moment.ts"
import { isWaiting, start } from "./harness.ts"

describe("Moment", () => {
  it.effect("sleeps until a moment, and not at all if it has passed", () =>
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const moment = Moment.now(clock) + Moment.nanos(Duration.seconds(2))
      const sleeping = yield* start(Moment.sleepUntil(clock, moment))
      yield* TestClock.adjust(1999)
      assert.isTrue(yield* isWaiting(sleeping))
      yield* TestClock.adjust(1)
      assert.isFalse(yield* isWaiting(sleeping))
      yield* Moment.sleepUntil(clock, moment)
      yield* Moment.sleepUntil(clock, moment - 1)
    })
  )

  it.effect("does not follow corrections of the wall clock", () =>
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      yield* TestClock.adjust("1 hour")
      const before = Moment.now(clock)
      yield* TestClock.setTime(0)
      assert.strictEqual(Moment.now(clock), before)
    })
  )

  it("is counted in nanoseconds, whole ones in durations", () => {
    assert.strictEqual(Moment.nanos(Duration.millis(1.5)), 1_500_000)
    assert.strictEqual(Moment.nanos(Duration.nanos(7n)), 7)
    // Multiplied by a million, these are a little more.
    assert.strictEqual(Moment.nanos(Duration.millis(4.03)), 4_030_000)
    assert.strictEqual(Moment.nanos(Duration.nanos(497n)), 497)
    assert.deepStrictEqual(Moment.duration(7.4), Duration.nanos(7n))
  })

  it.effect("never comes after an infinite duration", () =>
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const never = Moment.now(clock) + Moment.nanos(Duration.infinity)
      assert.strictEqual(never, Moment.never)
      assert.deepStrictEqual(Moment.duration(never - Moment.now(clock)), Duration.infinity)
      const sleeping = yield* start(Moment.sleepUntil(clock, never))
      yield* TestClock.adjust("36500 days")
      assert.isTrue(yield* isWaiting(sleeping))
    })
  )
})
