/**
 * Moments: nanoseconds of the monotonic clock, which no correction of the wall clock moves. Deadlines are moments, so a timer
 * that fires early or late does not shift them.
 */
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

export type Moment = bigint

export const now = (clock: Clock.Clock): Moment => clock.monotonicTimeNanosUnsafe()

export const earliest = (a: Moment, b: Moment): Moment => (a < b ? a : b)

export const latest = (a: Moment, b: Moment): Moment => (a > b ? a : b)

export const sleepUntil = (clock: Clock.Clock, moment: Moment): Effect.Effect<void> =>
  Effect.suspend(() => clock.sleep(Duration.nanos(moment - now(clock))))

/** An infinite duration becomes a very long one, since a bigint has no infinity. */
export const nanos = (duration: Duration.Duration): bigint =>
  Duration.isFinite(duration) ? Duration.toNanosUnsafe(duration) : forever

/** 30 million years. */
const forever = 10n ** 24n

/** Later than any other moment. */
export const never: Moment = forever * 2n
