/** Happy Eyeballs on the test clock: when each attempt begins and ends, which one counts, what is released. */
import { assert, describe, it } from "@effect/vitest"
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as HappyEyeballs from "../src/internal/HappyEyeballs.ts"

describe("RFC 8305 §4: the IP versions take turns", () => {
  const rows: ReadonlyArray<readonly [NonEmptyReadonlyArray<string>, 4 | 6 | undefined, ReadonlyArray<string>]> = [
    [["::1"], undefined, ["::1"]],
    [["::1", "::2", "1.1.1.1", "2.2.2.2"], undefined, ["::1", "1.1.1.1", "::2", "2.2.2.2"]],
    [["1.1.1.1", "2.2.2.2", "::1", "::2"], undefined, ["1.1.1.1", "::1", "2.2.2.2", "::2"]],
    [["1.1.1.1", "2.2.2.2", "::1"], 6, ["::1", "1.1.1.1", "2.2.2.2"]],
    [["::1", "::2", "::3", "1.1.1.1"], undefined, ["::1", "1.1.1.1", "::2", "::3"]],
    [["fe80::1%eth0", "1.1.1.1"], 4, ["1.1.1.1", "fe80::1%eth0"]],
    [["1.1.1.1", "2.2.2.2"], 6, ["1.1.1.1", "2.2.2.2"]]
  ]
  for (const [addresses, first, expected] of rows) {
    it(`${addresses.join(" ")}${first === undefined ? "" : `, ${first} first`}`, () =>
      assert.deepStrictEqual(HappyEyeballs.interleave(addresses, first), expected))
  }
})

describe("when each attempt begins", () => {
  it.effect("the next one after the delay, while the one before goes on", () =>
    Effect.gen(function* () {
      const { log, result } = yield* race({ a: succeeds(600), b: never, c: never, d: never })
      assert.deepStrictEqual(log, ["0 a", "250 b", "500 c", "600 a succeeded", "600 b overtaken", "600 c overtaken"])
      assert.deepStrictEqual(result, Exit.succeed("a"))
    })
  )

  it.effect("one that fails is followed at once, and the delay counts from there", () =>
    Effect.gen(function* () {
      const { log, result } = yield* race({ a: fails(10), b: never, c: succeeds(5) })
      assert.deepStrictEqual(log, ["0 a", "10 a failed", "10 b", "260 c", "265 c succeeded", "265 b overtaken"])
      assert.deepStrictEqual(result, Exit.succeed("c"))
    })
  )

  it.effect("the first success counts, not the first attempt", () =>
    Effect.gen(function* () {
      const { log, result } = yield* race({ a: succeeds(300), b: succeeds(20) })
      assert.deepStrictEqual(log, ["0 a", "250 b", "270 b succeeded", "270 a overtaken"])
      assert.deepStrictEqual(result, Exit.succeed("b"))
    })
  )

  it.effect("an earlier attempt may fail later without a further one beginning twice", () =>
    Effect.gen(function* () {
      const { log, result } = yield* race({ a: fails(400), b: never, c: succeeds(100) })
      assert.deepStrictEqual(log, ["0 a", "250 b", "400 a failed", "500 c", "600 c succeeded", "600 b overtaken"])
      assert.deepStrictEqual(result, Exit.succeed("c"))
    })
  )

  it.effect("sequential: only after a failure", () =>
    Effect.gen(function* () {
      const { log, result } = yield* race({ a: fails(1000), b: succeeds(1000), c: never }, "sequential")
      assert.deepStrictEqual(log, ["0 a", "1000 a failed", "1000 b", "2000 b succeeded"])
      assert.deepStrictEqual(result, Exit.succeed("b"))
    })
  )

  it.effect("a single candidate is tried without a race", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* race({ a: succeeds(0) })).result, Exit.succeed("a"))
      assert.deepStrictEqual((yield* race({ a: fails(0) })).result, Exit.fail(["a"]))
    })
  )
})

describe("how it ends", () => {
  it.effect("when all fail: why, in the order of the candidates", () =>
    Effect.gen(function* () {
      const { log, result } = yield* race({ a: fails(700), b: fails(300), c: fails(5) })
      assert.deepStrictEqual(log, ["0 a", "250 b", "500 c", "505 c failed", "550 b failed", "700 a failed"])
      assert.deepStrictEqual(result, Exit.fail(["a", "b", "c"]))
    })
  )

  it.effect("interruption ends every attempt at once", () =>
    Effect.gen(function* () {
      const { log } = yield* race({ a: never, b: never, c: never }, delay, 300)
      assert.deepStrictEqual(log.toSorted(), ["0 a", "250 b", "300 a interrupted", "300 b interrupted"])
    })
  )

  it.effect("of two that succeed in one moment, one counts and the other is released", () =>
    Effect.gen(function* () {
      const { held, log, result } = yield* race({ a: succeeds(300), b: succeeds(50) })
      assert.deepStrictEqual(result, Exit.succeed(log.find((line) => line.endsWith("succeeded"))!.split(" ")[1]!))
      assert.lengthOf(held, 1)
    })
  )

  it.effect("what the winner acquired lives as long as the scope; what others acquired is gone with the race", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { held } = yield* Scope.provide(race({ a: never, b: fails(1), c: succeeds(1), d: never }), scope)
      assert.deepStrictEqual(held, ["c"])
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(held, [])
    })
  )

  it.effect("a race that nobody won holds nothing", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* race({ a: fails(1), b: fails(500) })).held, [])
      assert.deepStrictEqual((yield* race({ a: never, b: never }, delay, 300)).held, [])
    })
  )
})

type Outcome = { readonly after: number; readonly ok: boolean }

const succeeds = (after: number): Outcome => ({ after, ok: true })
const fails = (after: number): Outcome => ({ after, ok: false })
const never = fails(Number.POSITIVE_INFINITY)

const delay = Duration.millis(250)

/** Runs a race of candidates that behave like this, to its end or until it is interrupted, and tells what happened. */
const race = Effect.fnUntraced(function* (
  candidates: Record<string, Outcome>,
  between: Duration.Duration | "sequential" = delay,
  interruptAfter = Number.POSITIVE_INFINITY
) {
  const log: Array<string> = []
  const held: Array<string> = []
  const clock = yield* Clock.Clock
  const origin = clock.currentTimeMillisUnsafe()
  const say = (text: string) => log.push(`${clock.currentTimeMillisUnsafe() - origin} ${text}`)

  const connect = (name: string, isOvertaken: () => boolean) =>
    Effect.gen(function* () {
      say(name)
      yield* Effect.acquireRelease(
        Effect.sync(() => held.push(name)),
        () => Effect.sync(() => held.splice(held.indexOf(name), 1))
      )
      const { after, ok } = candidates[name]!
      yield* after === Number.POSITIVE_INFINITY ? Effect.never : Effect.sleep(after)
      say(`${name} ${ok ? "succeeded" : "failed"}`)
      return yield* ok ? Effect.succeed(name) : Effect.fail(name)
    }).pipe(Effect.onInterrupt(() => Effect.sync(() => say(`${name} ${isOvertaken() ? "overtaken" : "interrupted"}`))))

  const [first, ...others] = Object.keys(candidates)
  const running = yield* Effect.forkChild(HappyEyeballs.race([first!, ...others], { connect, delay: between }), {
    startImmediately: true
  })
  for (let time = 0; time < 3000 && running.pollUnsafe() === undefined; time += 1) {
    if (time === interruptAfter) yield* Fiber.interrupt(running)
    yield* TestClock.adjust(1)
  }
  return { log, held, result: yield* Fiber.await(running) }
})
