/**
 * Moments: nanoseconds of the monotonic clock, which no correction of the wall clock moves. Deadlines are moments, so a timer
 * that fires early or late does not shift them.
 *
 * They are numbers, since comparing bigints would be a good part of what the alarms of a short connection cost. A number is
 * exact for the first hundred days of a machine's uptime, and off by a few nanoseconds after that.
 */
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

export type Moment = number

export const now = (clock: Clock.Clock): Moment => Number(clock.monotonicTimeNanosUnsafe())

export const sleepUntil = (clock: Clock.Clock, moment: Moment): Effect.Effect<void> =>
  Effect.suspend(() => clock.sleep(duration(moment - now(clock))))

/**
 * The length of a duration; Infinity if it is infinite. Whole, since 4.03 * 1e6 is a little more than 4,030,000: a clock that
 * counts whole ones, such as the `TestClock`, would stop short of such a moment, and a sleep until then would take no time.
 */
export const nanos = (duration: Duration.Duration): number => {
  const { value } = duration
  // Most durations are in milliseconds. `toMillis` takes eight times as long.
  return Math.round((value._tag === "Millis" ? value.millis : Duration.toMillis(duration)) * 1e6)
}

export const duration = (nanos: number): Duration.Duration =>
  Number.isFinite(nanos) ? Duration.nanos(BigInt(Math.round(nanos))) : Duration.infinity

/** Later than any other moment. */
export const never: Moment = Number.POSITIVE_INFINITY
