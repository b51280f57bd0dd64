/**
 * Keep-alive: protocol pings on a schedule, and the judgement that a peer is dead.
 *
 * The first ping goes out one interval after the connection opened and the others each one interval later, whatever
 * the consumer does. Anything received, and any progress of our writes, is life; a peer that we are not reading, be it
 * that the inbox is full or that the program was busy, is never called dead. Silence is timed from the moment the ping
 * was handed to the kernel, or as long as it could not be, from the last sign of life.
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

/** Between two pings it is no more than a call that is set: a fiber runs from a ping to the first sign of life. */
export class KeepAlive implements Alarm {
  at: Moment.Moment = 0n
  place: number | undefined
  private readonly session: Session<unknown>
  private readonly options: Options
  private due: Moment.Moment
  /** As they were after the last turn. */
  private reads: number
  private missed: Array<PendingPing> | undefined

  constructor(session: Session<unknown>, options: Options) {
    this.session = session
    this.options = options
    this.due = Moment.now(session.clock) + this.interval
    this.reads = session.reader.reads
  }

  /** From now on, as long as the session is open. */
  begin(): void {
    const { early } = this
    this.at = early === 0n ? this.due : this.due - early
    this.session.attendant.set(this)
  }

  /** How much before its moment a ping goes out, so that connections opened together do not ping together. */
  private get early(): bigint {
    const { jitter = 0 } = this.options
    if (jitter === 0) return 0n
    const part = Context.get(this.session.context, Random.Random).nextDoubleUnsafe()
    return BigInt(Math.floor(Number(this.interval) * jitter * part))
  }

  stop(): void {
    this.session.attendant.unset(this)
  }

  ring(): void {
    this.session.attendant.start(this.session, this.turn)
  }

  /** Ends the session when the peer is dead, or sets the next turn. */
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

  /** True when the session is over. */
  private get ping(): Effect.Effect<boolean> {
    const session = this.session
    const ping = session.pings.make(undefined)
    this.missed ??= []
    this.missed.push(ping)
    const life = new Life(session, Moment.nanos(this.options.timeout))
    const alive = Effect.raceFirst(answered(session, ping, life), life.silence(this.due + this.interval))
    return Effect.flatMap(alive, (alive) => {
      if (!session.open) return Effect.succeed(true)
      // A late pong of one that was missed still measures the way, so they are remembered until there is life.
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

  private get interval(): bigint {
    return Moment.nanos(this.options.interval)
  }
}

/** True once the pong is here, or the ping could not be sent or answered: then the session is not open any more. */
const answered = (session: Session<unknown>, ping: PendingPing, life: Life): Effect.Effect<boolean> =>
  ControlFrames.sendPing(session, ping).pipe(
    Effect.tap(() => Effect.sync(() => life.flushed())),
    Effect.andThen(Deferred.await(ping.pong)),
    Effect.match({ onSuccess: () => true, onFailure: () => true })
  )

/** The signs of life around one ping. */
class Life {
  private readonly session: Session<unknown>
  private readonly timeout: bigint
  private readonly excuse: Excuse
  private isFlushed = false
  private since: Moment.Moment
  // As they were at the last look:
  private reads: number
  private flushedBytes: number
  private waiting: boolean

  constructor(session: Session<unknown>, timeout: bigint) {
    this.session = session
    this.timeout = timeout
    this.excuse = new Excuse(timeout)
    this.since = Moment.now(session.clock)
    this.reads = session.reader.reads
    this.flushedBytes = session.outgoing.flushedBytes
    this.waiting = session.outgoing.flushing
  }

  /** The ping is with the kernel: what comes from now on answers it. */
  flushed(): void {
    this.isFlushed = true
    this.since = Moment.now(this.session.clock)
    this.look()
  }

  /**
   * True once something came after the ping, looked at whenever the next one would be due; false once there was no
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
        if (excused === 0n) return Effect.succeed(false)
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
    // Bytes that had to wait and then moved: the peer made room. What the kernel takes at once says nothing about it.
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

/** The first moment of the schedule that is not over: a late ping does not shift the ones after it. */
const nextAfter = (now: Moment.Moment, due: Moment.Moment, interval: bigint): Moment.Moment => {
  const late = now - due - interval
  return late > 0n ? due + interval + ((late + interval - 1n) / interval) * interval : due + interval
}
