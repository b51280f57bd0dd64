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
      yield* Moment.sleepUntil(clock, moment - 1n)
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

  it("an infinite duration becomes more than a billion days", () => {
    assert.isAbove(Duration.toDays(Duration.nanos(Moment.nanos(Duration.infinity))), 1e9)
    assert.strictEqual(Moment.nanos(Duration.millis(1.5)), 1_500_000n)
    assert.strictEqual(Moment.latest(1n, 2n), 2n)
    assert.strictEqual(Moment.latest(2n, 1n), 2n)
  })
})
