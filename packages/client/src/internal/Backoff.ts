/**
 * Steps through a schedule of delays. `reset` starts it over.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"
import * as Schedule from "effect/Schedule"
import type { Loss } from "../Status.ts"

export type Delays<R> = Schedule.Schedule<unknown, Loss, never, R>

type Step<R> = (now: number, loss: Loss) => Pull.Pull<[unknown, Duration.Duration], never, unknown, R>

export class Backoff<R> {
  private readonly schedule: Delays<R>
  private step: Step<R> | undefined

  constructor(schedule: Delays<R>) {
    this.schedule = schedule
  }

  reset(): void {
    this.step = undefined
  }

  /** The delay after this loss; undefined if the schedule has ended. */
  next(loss: Loss): Effect.Effect<Duration.Duration | undefined, never, R> {
    return Effect.gen({ self: this }, function* () {
      this.step ??= yield* Schedule.toStep(this.schedule)
      const [, delay] = yield* this.step(yield* Clock.currentTimeMillis, loss)
      return delay
    }).pipe(Effect.catch((end) => (Cause.isDone(end) ? Effect.succeed(undefined) : end)))
  }
}
