/**
 * Keep-alive: protocol pings on a schedule, and the judgement that a peer is dead.
 *
 * The first ping goes out one interval after the connection opened and the others each one interval later, whatever
 * the consumer does. Anything received, and any progress of our writes, is life; a peer that we are not reading is
 * never called dead. A ping is timed from the moment it was handed to the kernel.
 */
import type * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { PongTimeout } from "../Errors.ts"
import type { PendingPing } from "./Pings.ts"
import type { Session } from "./Session.ts"

export interface KeepAlive {
  readonly interval: Duration.Duration
  readonly timeout: Duration.Duration
}

/** Runs as long as the session is open; ends it when the peer is dead. */
export const keepAlive = Effect.fnUntraced(function* (session: Session, options: KeepAlive, clock: Clock.Clock) {
  const interval = nanos(options.interval)
  let due = clock.currentTimeNanosUnsafe() + interval
  while (true) {
    yield* sleepUntil(clock, due)
    if (!session.open) return
    const ping = session.pings.make(undefined)
    const alive = yield* Effect.raceFirst(answered(session, ping), silence(session, ping, options, clock))
    session.pings.forget(ping)
    if (!session.open) return
    if (!alive) return yield* session.giveUp(pongTimeout(session, options))
    due = nextAfter(clock.currentTimeNanosUnsafe(), due, interval)
  }
})

/** True once the pong is here, or the session is over and needs none. */
const answered = (session: Session, ping: PendingPing): Effect.Effect<boolean> =>
  Effect.andThen(session.sendPing(ping), Deferred.await(ping.pong)).pipe(
    Effect.match({ onSuccess: () => true, onFailure: () => true })
  )

/** True once something else came after the ping; false once nothing came and nothing left for the timeout. */
const silence = Effect.fnUntraced(function* (
  session: Session,
  ping: PendingPing,
  { timeout }: KeepAlive,
  clock: Clock.Clock
) {
  const bound = nanos(timeout)
  let excused = clock.currentTimeNanosUnsafe()
  let buffered = session.outgoing.bufferedBytes
  while (true) {
    yield* sleepUntil(clock, latest(excused, ping.sentAt) + bound)
    if (ping.sentAt > 0n && session.lastReadAt > ping.sentAt) return true
    const now = clock.currentTimeNanosUnsafe()
    // We do not read, or the peer still takes bytes: it has another timeout from here.
    const writing = session.outgoing.bufferedBytes < buffered
    buffered = session.outgoing.bufferedBytes
    if (session.inbox.full || writing) excused = now
    if (now - latest(excused, ping.sentAt) >= bound) return false
  }
})

const latest = (a: bigint, b: bigint): bigint => (a > b ? a : b)

const pongTimeout = (session: Session, { interval, timeout }: KeepAlive) =>
  new PongTimeout({
    interval,
    timeout,
    missed: 1,
    ...(session.pings.latency && { latency: session.pings.latency })
  })

/** The first moment of the schedule that is still to come: a late ping does not shift the ones after it. */
const nextAfter = (now: bigint, due: bigint, interval: bigint): bigint => due + ((now - due) / interval + 1n) * interval

const sleepUntil = (clock: Clock.Clock, moment: bigint): Effect.Effect<void> =>
  Effect.suspend(() => Effect.sleep(Duration.nanos(moment - clock.currentTimeNanosUnsafe())))

const nanos = (duration: Duration.Duration): bigint => Duration.toNanosUnsafe(duration)
