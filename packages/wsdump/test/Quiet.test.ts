import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import { Quiet } from "../src/Quiet.ts"

describe("quiet", () => {
  const waiting = Effect.gen(function* () {
    const quiet = yield* Quiet.make
    yield* TestClock.adjust("1 minute")
    const fiber = yield* Effect.forkChild(quiet.lasting(Duration.seconds(3)), { startImmediately: true })
    const isOver = Effect.sync(() => fiber.pollUnsafe() !== undefined)
    return { quiet, isOver }
  })

  it.effect("counts from when it is asked for", () =>
    Effect.gen(function* () {
      const { isOver } = yield* waiting
      yield* TestClock.adjust("2999 millis")
      assert.isFalse(yield* isOver)
      yield* TestClock.adjust("1 millis")
      assert.isTrue(yield* isOver)
    })
  )

  it.effect("begins again with whatever comes", () =>
    Effect.gen(function* () {
      const { isOver, quiet } = yield* waiting
      yield* TestClock.adjust("2 seconds")
      yield* quiet.interruptedBy(Effect.void)
      yield* TestClock.adjust("2999 millis")
      assert.isFalse(yield* isOver)
      yield* TestClock.adjust("1 millis")
      assert.isTrue(yield* isOver)
    })
  )

  it.effect("does not come while what came waits for its reader", () =>
    Effect.gen(function* () {
      const { isOver, quiet } = yield* waiting
      const read = yield* Deferred.make<void>()
      yield* Effect.forkChild(quiet.interruptedBy(Deferred.await(read)), { startImmediately: true })
      yield* TestClock.adjust("1 hour")
      assert.isFalse(yield* isOver)
      yield* Deferred.succeed(read, undefined)
      yield* TestClock.adjust("2999 millis")
      assert.isFalse(yield* isOver)
      yield* TestClock.adjust("3 seconds")
      assert.isTrue(yield* isOver)
    })
  )
})
