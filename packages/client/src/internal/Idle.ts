/**
 * The idle timeout: for how long there may be no message, or part of one. Unlike keep-alive it wants data, so it notices a
 * server that answers pings but has forgotten its client. Time while the inbox is full does not count, since we do not read
 * then.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { IdleTimeout } from "../Errors.ts"
import type { Alarm } from "./Attendant.ts"
import { Excuse } from "./Excuse.ts"
import * as Moment from "./Moment.ts"
import type { Session } from "./Session.ts"

/** Only an alarm. Data does not move it; when it rings, it looks how long ago data came. */
export class Idle implements Alarm {
  at: Moment.Moment = Moment.never
  index: number | undefined
  private readonly session: Session<unknown>
  private readonly idleTimeout: Duration.Duration
  private readonly timeout: number
  private since: Moment.Moment
  private excuse: Excuse | undefined

  constructor(session: Session<unknown>, idleTimeout: Duration.Duration) {
    this.session = session
    this.idleTimeout = idleTimeout
    this.timeout = Moment.nanos(idleTimeout)
    this.since = Moment.now(session.clock)
  }

  /** Sets the alarm. */
  begin(): void {
    this.at = this.since + this.timeout
    this.session.attendant.set(this)
  }

  stop(): void {
    this.session.attendant.unset(this)
  }

  /** Data came, or there is room for data again. */
  heard(): void {
    this.since = Moment.now(this.session.clock)
    this.excuse = undefined
  }

  /** Ends the session if it was idle for too long; otherwise sets the alarm again. */
  ring(): void {
    const { session } = this
    if (!session.open) return
    if (session.inbox.full) this.heard()
    const now = Moment.now(session.clock)
    if (now >= this.since + this.timeout) {
      this.excuse ??= new Excuse(this.timeout)
      const excused = this.excuse.take(now, this.at)
      if (excused === 0) return session.attendant.start(session, this.end)
      this.since = now + excused - this.timeout
    }
    this.begin()
  }

  private get end(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const { goodbye, pings } = this.session
      const { last } = pings.latencies
      const timeout = new IdleTimeout({ idleTimeout: this.idleTimeout, ...(last && { latency: last }) })
      return Effect.asVoid(goodbye.expire(timeout))
    })
  }
}
