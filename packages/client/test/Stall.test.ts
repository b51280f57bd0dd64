import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { Attendant } from "../src/internal/Attendant.ts"
import { Stall } from "../src/internal/Stall.ts"
import { HandClock } from "./handClock.ts"
import { isWaiting, start } from "./harness.ts"
import { made } from "./Sink.ts"

const watching = Effect.fnUntraced(function* (timeout: Duration.Duration = Duration.minutes(1)) {
  const all = yield* made({ highWaterMark: 1 })
  let stall: Stall | undefined
  const watch = Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const attendant = new Attendant(clock, undefined)
    const [scope, context] = [yield* Effect.scope, yield* Effect.context()]
    yield* attendant.join({ scope, context, failed: Effect.die, seat: undefined })
    return yield* Effect.callback<void>((resume) => {
      const fail = (defect: unknown) => resume(Effect.die(defect))
      const parts = { outgoing: all.outgoing, clock, attendant, stallTimeout: timeout }
      stall = new Stall({ ...parts, stalled: () => resume(Effect.void), died: fail })
      stall.begin()
    })
  })
  /** Begins to watch, as when the inbox becomes full. */
  const begin = start(watch)
  /** Ends that, as when there is room again. */
  const end = Effect.sync(() => stall?.end())
  const beginAgain = Effect.sync(() => stall?.begin())
  const write = Effect.andThen(
    all.outgoing.send("0123456789"),
    Effect.sync(() => all.outgoing.write())
  )
  return { ...all, begin, beginAgain, end, write }
})

describe("Stall", () => {
  it.effect("exactly after the timeout, when bytes waited from the beginning", () =>
    Effect.gen(function* () {
      const { begin, transport, write } = yield* watching()
      transport.stall()
      yield* write
      const watch = yield* begin
      yield* TestClock.adjust(59_999)
      assert.isTrue(yield* isWaiting(watch))
      yield* TestClock.adjust(1)
      yield* Fiber.join(watch)
    })
  )

  it.effect("not once the watch has ended, since reading goes on", () =>
    Effect.gen(function* () {
      const { begin, end, transport, write } = yield* watching()
      transport.stall()
      yield* write
      const watch = yield* begin
      yield* TestClock.adjust("30 seconds")
      yield* end
      yield* TestClock.adjust("1 day")
      assert.isTrue(yield* isWaiting(watch))
    })
  )

  it.effect("bytes that waited before count from now: until then somebody was reading here", () =>
    Effect.gen(function* () {
      const { begin, transport, write } = yield* watching()
      transport.stall()
      yield* write
      yield* TestClock.adjust("50 seconds")
      const watch = yield* begin
      yield* TestClock.adjust(59_999)
      assert.isTrue(yield* isWaiting(watch))
      yield* TestClock.adjust(1)
      yield* Fiber.join(watch)
    })
  )

  it.effect("a write that begins later has the whole timeout, to the millisecond", () =>
    Effect.gen(function* () {
      const { begin, transport, write } = yield* watching()
      transport.stall()
      const watch = yield* begin
      yield* TestClock.adjust("59 seconds")
      yield* write
      yield* TestClock.adjust(59_999)
      assert.isTrue(yield* isWaiting(watch))
      yield* TestClock.adjust(1)
      yield* Fiber.join(watch)
    })
  )

  it.effect("not while bytes move, however slowly, and however many are added", () =>
    Effect.gen(function* () {
      const { begin, outgoing, transport, write } = yield* watching()
      transport.stall()
      yield* write
      const watch = yield* begin
      for (let minute = 0; minute < 20; minute++) {
        transport.admit(1)
        outgoing.write()
        yield* TestClock.adjust("50 seconds")
      }
      assert.isTrue(yield* isWaiting(watch))
    })
  )

  it.effect("not while nothing waits", () =>
    Effect.gen(function* () {
      const { begin, write } = yield* watching()
      const watch = yield* begin
      for (let minute = 0; minute < 10; minute++) {
        yield* write
        yield* TestClock.adjust("1 minute")
      }
      assert.isTrue(yield* isWaiting(watch))
    })
  )

  it.effect("a write that stops in the middle is noticed after at most twice the timeout", () =>
    Effect.gen(function* () {
      const { begin, transport, write } = yield* watching()
      transport.stall()
      yield* write
      const watch = yield* begin
      yield* TestClock.adjust("30 seconds")
      transport.admit(3)
      yield* TestClock.adjust("90 seconds")
      yield* Fiber.join(watch)
    })
  )

  it.effect("never with an infinite timeout", () =>
    Effect.gen(function* () {
      const { begin, transport, write } = yield* watching(Duration.infinity)
      transport.stall()
      yield* write
      const watch = yield* begin
      yield* TestClock.adjust("1000 days")
      assert.isTrue(yield* isWaiting(watch))
    })
  )

  it.effect("progress that was made while the program was busy counts, although the timer fired first", () =>
    Effect.gen(function* () {
      const clock = new HandClock()
      const { begin, transport, write } = yield* Effect.provideService(watching(), Clock.Clock, clock)
      transport.stall()
      yield* write
      const watch = yield* Effect.provideService(begin, Clock.Clock, clock)
      yield* clock.jump(80_000)
      transport.admit(4)
      yield* clock.jump(20_000)
      assert.isTrue(yield* isWaiting(watch))
      yield* clock.jump(59_999)
      assert.isTrue(yield* isWaiting(watch))
      yield* clock.jump(1)
      yield* Fiber.join(watch)
    })
  )

  it.effect("each watch excuses a late timer anew, however much an earlier one excused", () =>
    Effect.gen(function* () {
      const clock = new HandClock()
      const { begin, beginAgain, end, transport, write } = yield* Effect.provideService(watching(), Clock.Clock, clock)
      transport.stall()
      yield* write
      const watch = yield* Effect.provideService(begin, Clock.Clock, clock)
      yield* clock.jump(80_000)
      yield* end
      yield* clock.jump(120_000)
      yield* beginAgain
      yield* clock.jump(80_000)
      assert.isTrue(yield* isWaiting(watch))
      yield* clock.jump(19_999)
      assert.isTrue(yield* isWaiting(watch))
      yield* clock.jump(1)
      yield* Fiber.join(watch)
    })
  )
})
