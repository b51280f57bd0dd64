/**
 * The idle timeout: how long no message, nor any part of one, may come. Unlike keep-alive it asks for data: a server
 * that answers pings and has forgotten its client is noticed. Time in which the inbox is full does not count, for then
 * we do not read.
 */
import type * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { IdleTimeout } from "../Errors.ts"
import { Excuse } from "./Excuse.ts"
import * as Moment from "./Moment.ts"
import type { Session } from "./Session.ts"

export class Idle {
  private readonly clock: Clock.Clock
  private readonly idleTimeout: Duration.Duration
  private readonly timeout: bigint
  private since: Moment.Moment
  private excuse: Excuse

  constructor(idleTimeout: Duration.Duration, clock: Clock.Clock) {
    this.clock = clock
    this.idleTimeout = idleTimeout
    this.timeout = Moment.nanos(idleTimeout)
    this.since = Moment.now(clock)
    this.excuse = new Excuse(this.timeout)
  }

  /** Data came, or there is room for it again. */
  heard(): void {
    this.since = Moment.now(this.clock)
    this.excuse = new Excuse(this.timeout)
  }

  /** Runs as long as the session is open; ends it when it is idle for too long. */
  watch(session: Session<unknown>): Effect.Effect<void> {
    return Effect.suspend(() => {
      const due = this.since + this.timeout
      return Effect.flatMap(Moment.sleepUntil(this.clock, due), () => {
        if (!session.open) return Effect.void
        if (session.inbox.full) this.heard()
        const now = Moment.now(this.clock)
        if (now < this.since + this.timeout) return this.watch(session)
        const excused = this.excuse.take(now, due)
        if (excused === 0n) return this.end(session)
        this.since = now + excused - this.timeout
        return this.watch(session)
      })
    })
  }

  private end(session: Session<unknown>): Effect.Effect<void> {
    const { last } = session.pings.latencies
    return session.goodbye.expire(new IdleTimeout({ idleTimeout: this.idleTimeout, ...(last && { latency: last }) }))
  }
}
