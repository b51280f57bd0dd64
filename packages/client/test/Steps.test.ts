import { assert, describe, it } from "@effect/vitest"
import { Refused } from "@effect-websocket/transport"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { Steps } from "../src/internal/Steps.ts"

const made = Effect.map(Clock.Clock, (clock) => new Steps(clock))

const started = (stage: "dns" | "tcp" | "tls", detail: string) => ({ _tag: "Started", stage, detail }) as const

describe("Steps", () => {
  it.effect("each stage with when it began and how long it took, in milliseconds", () =>
    Effect.gen(function* () {
      const steps = yield* made
      steps.report(started("dns", "example.com"))
      yield* TestClock.adjust(20)
      steps.report({ _tag: "Ended", stage: "dns", detail: "example.com", outcome: "2 addresses", failure: undefined })
      yield* TestClock.adjust(5)
      steps.begin("upgrade", "ws://example.com/")
      assert.deepStrictEqual(steps.list(), [
        { stage: "dns", detail: "example.com", startedAt: 0, duration: 20, outcome: "2 addresses" },
        { stage: "upgrade", detail: "ws://example.com/", startedAt: 25 }
      ])
    })
  )

  it.effect("an outcome that says no more than the beginning is left out", () =>
    Effect.gen(function* () {
      const steps = yield* made
      steps.report(started("tcp", "127.0.0.1:80"))
      steps.report({ _tag: "Ended", stage: "tcp", detail: "127.0.0.1:80", outcome: "127.0.0.1:80", failure: undefined })
      assert.deepStrictEqual(steps.list(), [{ stage: "tcp", detail: "127.0.0.1:80", startedAt: 0, duration: 0 }])
    })
  )

  it.effect("why a stage failed: the reason's message, or that it was interrupted", () =>
    Effect.gen(function* () {
      const steps = yield* made
      const failure = new Refused({ address: "127.0.0.1:80" })
      steps.report(started("tcp", "127.0.0.1:80"))
      steps.report({ _tag: "Ended", stage: "tcp", detail: "127.0.0.1:80", failure })
      steps.report(started("tcp", "[::1]:80"))
      steps.report({ _tag: "Ended", stage: "tcp", detail: "[::1]:80", failure: "interrupted" })
      assert.deepStrictEqual(
        steps.list().map((step) => step.failure),
        [failure.message, "interrupted"]
      )
    })
  )

  it.effect("stages that overlap end each with its own time; one that another address overtook says so", () =>
    Effect.gen(function* () {
      const steps = yield* made
      steps.report(started("tcp", "[::1]:80"))
      yield* TestClock.adjust(250)
      steps.report(started("tcp", "127.0.0.1:80"))
      yield* TestClock.adjust(10)
      steps.report({ _tag: "Ended", stage: "tcp", detail: "[::1]:80", failure: "overtaken" })
      yield* TestClock.adjust(5)
      steps.report({ _tag: "Ended", stage: "tcp", detail: "127.0.0.1:80", failure: undefined })
      assert.deepStrictEqual(steps.list(), [
        {
          stage: "tcp",
          detail: "[::1]:80",
          startedAt: 0,
          duration: 260,
          failure: "closed, since another address was faster"
        },
        { stage: "tcp", detail: "127.0.0.1:80", startedAt: 250, duration: 15 }
      ])
    })
  )

  it.effect("the stage is the one that goes on, the latest first; else the last one; before all, dns", () =>
    Effect.gen(function* () {
      const steps = yield* made
      assert.strictEqual(steps.stage, "dns")
      steps.begin("tcp", "a")
      steps.begin("tls", "a")
      assert.strictEqual(steps.stage, "tls")
      steps.end("tls", "failed")
      assert.strictEqual(steps.stage, "tcp")
      steps.end("tcp", undefined)
      assert.strictEqual(steps.stage, "tls")
    })
  )

  it.effect("an end without a beginning says nothing", () =>
    Effect.gen(function* () {
      const steps = yield* made
      steps.end("upgrade", "failed")
      steps.begin("tcp", "a")
      steps.end("tcp", undefined)
      steps.end("tcp", "again")
      assert.deepStrictEqual(steps.list(), [{ stage: "tcp", detail: "a", startedAt: 0, duration: 0 }])
    })
  )

  it.effect("a list once given does not change", () =>
    Effect.gen(function* () {
      const steps = yield* made
      steps.begin("tcp", "a")
      const before = steps.list()
      steps.end("tcp", undefined)
      assert.deepStrictEqual(before, [{ stage: "tcp", detail: "a", startedAt: 0 }])
    })
  )

  it.effect("a correction of the wall clock changes no duration", () =>
    Effect.gen(function* () {
      const steps = yield* made
      steps.begin("tcp", "a")
      yield* TestClock.setTime(1_000_000)
      yield* TestClock.setTime(500_000)
      steps.end("tcp", undefined)
      assert.strictEqual(steps.list()[0]!.duration, 1_000_000)
    })
  )
})
