/**
 * A clock that a test moves like the clock of a busy process: `jump` lets time pass at once and then wakes everybody
 * whose time has come, late, before any byte is read.
 */
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { settle } from "./harness.ts"

export class HandClock implements Clock.Clock {
  private millis = 0
  private readonly sleepers = new Set<{ readonly until: number; readonly wake: () => void }>()

  readonly jump = (millis: number): Effect.Effect<void> =>
    Effect.suspend(() => {
      this.millis += millis
      for (const sleeper of this.sleepers) {
        if (sleeper.until <= this.millis && this.sleepers.delete(sleeper)) sleeper.wake()
      }
      return settle
    })

  /** How often somebody began to sleep. */
  slept = 0

  /** How many sleep now. */
  get sleeping(): number {
    return this.sleepers.size
  }

  sleep(duration: Duration.Duration): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      const sleeper = { until: this.millis + Duration.toMillis(duration), wake: () => resume(Effect.void) }
      if (sleeper.until <= this.millis) return resume(Effect.void)
      this.sleepers.add(sleeper)
      this.slept += 1
      return Effect.sync(() => {
        this.sleepers.delete(sleeper)
      })
    })
  }

  currentTimeMillisUnsafe(): number {
    return this.millis
  }

  currentTimeNanosUnsafe(): bigint {
    return BigInt(this.millis) * 1_000_000n
  }

  monotonicTimeNanosUnsafe(): bigint {
    return this.currentTimeNanosUnsafe()
  }

  readonly currentTimeMillis = Effect.sync(() => this.currentTimeMillisUnsafe())
  readonly currentTimeNanos = Effect.sync(() => this.currentTimeNanosUnsafe())
  readonly monotonicTimeNanos = this.currentTimeNanos
}
