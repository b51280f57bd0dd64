/**
 * Keep-alive: protocol pings on a schedule, and the judgement that a peer is dead.
 *
 * The first ping goes out one interval after the connection opened and the others each one interval later, whatever
 * the consumer does. Anything received, and any progress of our writes, is life; a peer that we are not reading is
 * never called dead. Silence is timed from the moment the ping was handed to the kernel, or as long as it could not be,
 * from the last sign of life.
 */
import type * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { PongTimeout } from "../Errors.ts"
import * as Moment from "./Moment.ts"
import type { PendingPing } from "./Pings.ts"
import type { Session } from "./Session.ts"

export interface KeepAlive {
  readonly interval: Duration.Duration
  readonly timeout: Duration.Duration
}

/** Runs as long as the session is open; ends it when the peer is dead. */
export const keepAlive = Effect.fnUntraced(function* (
  session: Session<unknown>,
  options: KeepAlive,
  clock: Clock.Clock
) {
  const interval = Moment.nanos(options.interval)
  let due = Moment.now(clock) + interval
  while (true) {
    yield* Moment.sleepUntil(clock, due)
    if (!session.open) return
    const ping = session.pings.make(undefined)
    const life = new Life(session, Moment.nanos(options.timeout), clock)
    const alive = yield* Effect.raceFirst(answered(session, ping, life), life.silence(due + interval))
    session.pings.forget(ping)
    if (!session.open) return
    if (!alive) return yield* session.giveUp(pongTimeout(session, options))
    due = nextAfter(Moment.now(clock), due, interval)
  }
})

/** True once the pong is here, or the session is over and needs none. */
const answered = (session: Session<unknown>, ping: PendingPing, life: Life): Effect.Effect<boolean> =>
  session.sendPing(ping).pipe(
    Effect.tap(() => Effect.sync(() => life.flushed())),
    Effect.andThen(Deferred.await(ping.pong)),
    Effect.match({ onSuccess: () => true, onFailure: () => true })
  )

/** The signs of life around one ping. */
class Life {
  private readonly session: Session<unknown>
  private readonly clock: Clock.Clock
  private readonly timeout: bigint
  private isFlushed = false
  private since: Moment.Moment
  // As they were at the last look:
  private reads: number
  private flushedBytes: number
  private waiting: boolean

  constructor(session: Session<unknown>, timeout: bigint, clock: Clock.Clock) {
    this.session = session
    this.timeout = timeout
    this.clock = clock
    this.since = Moment.now(clock)
    this.reads = session.reader.reads
    this.flushedBytes = session.outgoing.flushedBytes
    this.waiting = session.outgoing.flushing
  }

  /** The ping is with the kernel: what comes from now on answers it. */
  flushed(): void {
    this.isFlushed = true
    this.since = Moment.now(this.clock)
    this.look()
  }

  /**
   * True once something came after the ping, looked at whenever the next one would be due; false once there was no
   * sign of life for the timeout.
   */
  silence(nextDue: Moment.Moment): Effect.Effect<boolean> {
    return Effect.suspend(() => {
      const now = Moment.now(this.clock)
      const { moved, received } = this.look()
      if (this.isFlushed && received) return Effect.succeed(true)
      if (received || moved || this.session.inbox.full) this.since = now
      const deadline = this.since + this.timeout
      if (now >= deadline) return Effect.succeed(false)
      const next = now < nextDue && nextDue < deadline ? nextDue : deadline
      return Effect.andThen(Moment.sleepUntil(this.clock, next), this.silence(nextDue))
    })
  }

  /** What changed since the last look. */
  private look(): { readonly received: boolean; readonly moved: boolean } {
    const { outgoing, reader } = this.session
    const received = reader.reads > this.reads
    // Bytes that had to wait and then moved: the peer made room. What the kernel takes at once says nothing about it.
    const moved = this.waiting && outgoing.flushedBytes > this.flushedBytes
    this.reads = reader.reads
    this.flushedBytes = outgoing.flushedBytes
    this.waiting = outgoing.flushing
    return { received, moved }
  }
}

const pongTimeout = (session: Session<unknown>, { interval, timeout }: KeepAlive) =>
  new PongTimeout({
    interval,
    timeout,
    missed: 1,
    ...(session.pings.latency && { latency: session.pings.latency })
  })

/** The first moment of the schedule that is not over: a late ping does not shift the ones after it. */
const nextAfter = (now: Moment.Moment, due: Moment.Moment, interval: bigint): Moment.Moment => {
  const late = now - due - interval
  return late > 0n ? due + interval + ((late + interval - 1n) / interval) * interval : due + interval
}
