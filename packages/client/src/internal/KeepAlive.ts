/**
 * Keep-alive: sends pings on a schedule, and decides when a peer is dead.
 *
 * A ping goes out each interval, the first one an interval after the connection opened, whatever the consumer does. Anything
 * received and any progress of our writes is a sign of life. A peer is never called dead while we do not read, because the
 * inbox is full or the program was busy. Silence counts from when the ping was handed to the kernel; if that was not possible
 * yet, from the last sign of life.
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { PongTimeout } from "../Errors.ts"
import type { KeepAlive as Options } from "../KeepAliveOptions.ts"
import type { Alarm } from "./Attendant.ts"
import * as ControlFrames from "./ControlFrames.ts"
import { Excuse } from "./Excuse.ts"
import * as Moment from "./Moment.ts"
import type { PendingPing } from "./Pings.ts"
import type { Session } from "./Session.ts"

/** Between pings it is only an alarm. A fiber runs from each ping until the first sign of life. */
export class KeepAlive implements Alarm {
  at: Moment.Moment = 0
  index: number | undefined
  private readonly session: Session<unknown>
  private readonly options: Options
  /** When the next ping is due, without jitter. */
  private due: Moment.Moment
  /** The reader's count after the last turn. */
  private reads: number
  private missed: Array<PendingPing> | undefined

  constructor(session: Session<unknown>, options: Options) {
    this.session = session
    this.options = options
    this.due = Moment.now(session.clock) + this.interval
    this.reads = session.reader.reads
  }

  /** Sets the next turn. */
  begin(): void {
    this.at = this.due - this.early
    this.session.attendant.set(this)
  }

  /** How much earlier a ping goes out, so that connections that opened together do not ping together. */
  private get early(): number {
    const { jitter = 0 } = this.options
    if (jitter === 0 || this.interval === Number.POSITIVE_INFINITY) return 0
    const part = Context.get(this.session.context, Random.Random).nextDoubleUnsafe()
    return Math.floor(this.interval * jitter * part)
  }

  stop(): void {
    this.session.attendant.unset(this)
  }

  ring(): void {
    this.session.attendant.start(this.session, this.turn)
  }

  /** Sends a ping, unless the connection is in use (`onlyWhenIdle`), and sets the next turn, unless the session is over. */
  private get turn(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const session = this.session
      if (!session.open) return Effect.void
      const busy = this.options.onlyWhenIdle && this.missed === undefined && session.reader.reads > this.reads
      if (!busy) return Effect.map(this.ping, (isOver) => (isOver ? undefined : this.next()))
      this.next()
      return Effect.void
    })
  }

  /** Sends a ping and waits for life or the timeout. Gives up if the peer is dead. Returns whether the session is over. */
  private get ping(): Effect.Effect<boolean> {
    const session = this.session
    const ping = session.pings.make(undefined)
    this.missed ??= []
    this.missed.push(ping)
    const life = new Life(session, Moment.nanos(this.options.timeout))
    const alive = Effect.raceFirst(answered(session, ping, life), life.silence(this.due + this.interval))
    return Effect.flatMap(alive, (alive) => {
      if (!session.open) return Effect.succeed(true)
      // A late pong of a missed ping still measures the round trip, so missed pings are kept until there is life.
      if (alive) {
        for (const one of this.missed ?? []) session.pings.forget(one)
        this.missed = undefined
      }
      if (this.missed?.length !== this.options.missed) return Effect.succeed(false)
      return Effect.as(session.outcome.giveUp(pongTimeout(session, this.options)), true)
    })
  }

  private next(): void {
    this.reads = this.session.reader.reads
    this.due = nextAfter(Moment.now(this.session.clock), this.due, this.interval)
    this.begin()
  }

  private get interval(): number {
    return Moment.nanos(this.options.interval)
  }
}

/** Returns true once the pong came, or once sending or waiting failed, since the session is not open then. */
const answered = (session: Session<unknown>, ping: PendingPing, life: Life): Effect.Effect<boolean> =>
  ControlFrames.sendPing(session, ping).pipe(
    Effect.tap(() => Effect.sync(() => life.flushed())),
    Effect.andThen(Deferred.await(ping.pong)),
    Effect.match({ onSuccess: () => true, onFailure: () => true })
  )

/** Looks for signs of life after one ping. */
class Life {
  private readonly session: Session<unknown>
  private readonly timeout: number
  private readonly excuse: Excuse
  private isFlushed = false
  private since: Moment.Moment
  // The counts at the last look:
  private reads: number
  private flushedBytes: number
  private waiting: boolean

  constructor(session: Session<unknown>, timeout: number) {
    this.session = session
    this.timeout = timeout
    this.excuse = new Excuse(timeout)
    this.since = Moment.now(session.clock)
    this.reads = session.reader.reads
    this.flushedBytes = session.outgoing.flushedBytes
    this.waiting = session.outgoing.flushing
  }

  /** The ping was handed to the kernel: anything received from now on counts as an answer. */
  flushed(): void {
    this.isFlushed = true
    this.since = Moment.now(this.session.clock)
    this.look()
  }

  /**
   * Returns true if something was received after the ping: it looks when the next ping is due. Returns false once there was no
   * sign of life for the timeout. `woken` is when this look was due.
   */
  silence(nextDue: Moment.Moment, woken: Moment.Moment = this.since): Effect.Effect<boolean> {
    return Effect.suspend(() => {
      const now = Moment.now(this.session.clock)
      const { moved, received } = this.look()
      if (this.isFlushed && received) return Effect.succeed(true)
      if (received || moved || this.session.inbox.full) this.since = now
      if (now >= this.since + this.timeout) {
        const excused = this.excuse.take(now, woken)
        if (excused === 0) return Effect.succeed(false)
        this.since = now + excused - this.timeout
      }
      const deadline = this.since + this.timeout
      const next = now < nextDue && nextDue < deadline ? nextDue : deadline
      return Effect.andThen(Moment.sleepUntil(this.session.clock, next), this.silence(nextDue, next))
    })
  }

  /** What changed since the last look. */
  private look(): { readonly received: boolean; readonly moved: boolean } {
    const { outgoing, reader } = this.session
    const received = reader.reads > this.reads
    // Only bytes that had to wait tell something: the peer made room. What the kernel takes at once does not.
    const moved = this.waiting && outgoing.flushedBytes > this.flushedBytes
    this.reads = reader.reads
    this.flushedBytes = outgoing.flushedBytes
    this.waiting = outgoing.flushing
    return { received, moved }
  }
}

const pongTimeout = (session: Session<unknown>, { interval, missed, timeout }: Options) => {
  const { last } = session.pings.latencies
  return new PongTimeout({ interval, timeout, missed, ...(last && { latency: last }) })
}

/** The next moment of the schedule that is not past: a late ping does not shift later ones. */
const nextAfter = (now: Moment.Moment, due: Moment.Moment, interval: number): Moment.Moment => {
  const late = now - due - interval
  return due + interval * (1 + Math.max(0, Math.ceil(late / interval)))
}
