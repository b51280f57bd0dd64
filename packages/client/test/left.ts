/** What an effect leaves behind in this process: fibers by Effect's own runtime metrics, the rest by Node's list. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import type * as Scope from "effect/Scope"

/** Runs the effect in a scope of its own, and asserts that no fiber, socket or timer of it is left after that. */
export const leavesNothing = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, Exclude<R, Scope.Scope>> =>
  Effect.gen(function* () {
    let fibers = 0
    const counting: Metric.FiberRuntimeMetricsService = {
      recordFiberStart: () => fibers++,
      recordFiberEnd: () => fibers--
    }
    yield* turnsOfTheEventLoop(3)
    const before = resources()
    const exit = yield* Effect.scoped(effect).pipe(
      Effect.provideService(Metric.FiberRuntimeMetrics, counting),
      Effect.exit
    )
    yield* turnsOfTheEventLoop(3)
    assert.strictEqual(fibers, 0, "fibers that still run")
    for (const [name, count] of Object.entries(resources())) {
      assert.isAtMost(count, before[name] ?? 0, `${name} that keep the process alive`)
    }
    if (Exit.isFailure(exit)) return yield* exit
    return exit.value
  })

/** A destroyed socket's handle is closed in one of the next turns. */
const turnsOfTheEventLoop = (turns: number) =>
  Effect.repeat(
    Effect.callback<void>((resume) => {
      setImmediate(() => resume(Effect.void))
    }),
    { times: turns - 1 }
  )

/** How many there are of each kind. Immediates belong to these turns; the test runner's own timers may come and go. */
const resources = () => {
  const counts: Record<string, number> = {}
  for (const name of process.getActiveResourcesInfo().sort()) {
    if (name !== "Immediate") counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}
