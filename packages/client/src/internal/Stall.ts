/**
 * Two full buffers that wait for each other: we do not read because our inbox is full, and the peer does not read
 * either, so nothing of ours arrives. It runs while the inbox is full; what follows is the reader's business.
 */
import type * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { Excuse } from "./Excuse.ts"
import * as Moment from "./Moment.ts"
import type { Outgoing } from "./Outgoing.ts"

/**
 * Succeeds once bytes have waited in the transport for `timeout` and none of them moved. Progress is looked for when
 * that time is over, so a write that stops in the middle is noticed at the latest after twice as long. A program that
 * was busy then gets as long again (`Excuse`).
 */
export const stalled = (outgoing: Outgoing, timeout: Duration.Duration, clock: Clock.Clock): Effect.Effect<void> =>
  Effect.suspend(() => {
    const bound = Moment.nanos(timeout)
    let since = Moment.now(clock)
    let flushed = outgoing.flushedBytes
    const excuse = new Excuse(bound)
    const watch = (woken: Moment.Moment): Effect.Effect<void> =>
      Effect.suspend(() => {
        const now = Moment.now(clock)
        if (!outgoing.flushing || outgoing.flushedBytes !== flushed) since = now
        flushed = outgoing.flushedBytes
        const due = Moment.latest(since, outgoing.unflushedSince) + bound
        const excused = now < due ? 0n : excuse.take(now, woken)
        if (now >= due && excused === 0n) return Effect.void
        const next = now < due ? due : now + excused
        return Effect.andThen(Moment.sleepUntil(clock, next), watch(next))
      })
    return watch(since)
  })
