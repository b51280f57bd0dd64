/**
 * The fiber that all connections of a program share, so that an idle one needs no fiber for what may never come: it waits
 * for work, which is what a connection cannot start itself, outside of every fiber, and for the next alarm of any of them.
 *
 * It is a fiber of the connection that needed it first, and of another one when that ends; what it starts belongs to the
 * connection that asked for it. There is one for each `Transport` and clock.
 *
 * Code outside of fibers cannot shorten a sleep, only interrupt the fiber that sleeps. So a child fiber, the timer, does the
 * sleeping; it is replaced when an alarm is set that comes before it wakes.
 */
import type * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import { type Alarm, Alarms } from "./Alarms.ts"
import { Crowd, type Member } from "./Crowd.ts"
import * as Moment from "./Moment.ts"
import { SessionContext } from "./SessionContext.ts"

/** What may be attended: where its fibers run, and with what. */
export interface Attended extends Member {
  readonly scope: Scope.Scope
  readonly context: Context.Context<never>
  /** What was started for it failed. */
  failed(cause: Cause.Cause<never>): Effect.Effect<void>
}

/** Rings when its moment has come, inside the shared fiber: what takes time it starts. It must not throw. */
export interface Call extends Alarm {
  ring(): void
}

export class Attendant {
  /** The contexts of those it attends. */
  readonly contexts = new SessionContext()
  private readonly clock: Clock.Clock
  private readonly all = new Crowd<Attended>()
  private readonly calls = new Alarms<Call>()
  private readonly tasks: Array<readonly [attended: Attended, task: Effect.Effect<void>]> = []
  /** Whose fiber it is. */
  private host: Attended | undefined
  /** The one that came last is likely to stay longest. */
  private latest: Attended | undefined
  private onWork: ((resume: Effect.Effect<void>) => void) | undefined
  private timer: Fiber.Fiber<void> | undefined
  /** When the timer wakes. */
  private wakesAt: Moment.Moment = Moment.never

  constructor(clock: Clock.Clock) {
    this.clock = clock
  }

  /** From now on, until `leave`. To be run in the scope of who joins. */
  join(attended: Attended): Effect.Effect<void> {
    return Effect.suspend(() => this.joined(attended) ?? Effect.void)
  }

  /** The same, in no step where there is nothing to be run. */
  joined(attended: Attended): Effect.Effect<void> | undefined {
    this.all.add(attended)
    this.latest = attended
    return this.host === undefined ? this.handOver : undefined
  }

  /** It has ended: nothing more is started for it. */
  leave(attended: Attended): void {
    this.all.remove(attended)
    if (this.latest === attended) this.latest = undefined
  }

  /** Starts it now, unless it is over. */
  start(attended: Attended, task: Effect.Effect<void>): void {
    if (!this.attends(attended)) return
    this.tasks.push([attended, task])
    this.wake()
  }

  /** From now on it waits for its moment. A timer that wakes before that, for whatever, will do. */
  set(call: Call): void {
    this.calls.add(call)
    if (this.needsTimer) this.wake()
  }

  /** If it is set. */
  unset(call: Call): void {
    this.calls.remove(call)
  }

  /** Runs it in the scope, and with the context, of the attended. */
  begin(attended: Attended, task: Effect.Effect<void>): Effect.Effect<void> {
    return this.fork(attended, task, false)
  }

  private fork({ context, scope }: Attended, task: Effect.Effect<void>, uninterruptible: boolean): Effect.Effect<void> {
    const fork = Effect.forkIn(task, scope, { startImmediately: true, uninterruptible })
    return Effect.asVoid(Effect.updateContext(fork, () => context))
  }

  private wake(): void {
    const wake = this.onWork
    this.onWork = undefined
    wake?.(Effect.void)
  }

  /**
   * To the end of the host, which may be brought about by what is started: only waiting can be interrupted. The fiber itself
   * says whose it is, once it runs: whoever starts it may be interrupted before that, and two may do so at once.
   */
  private attendIn(host: Attended): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.host !== undefined) return Effect.void
      this.host = host
      return this.attend
    })
  }

  private readonly attend: Effect.Effect<void> = Effect.onExitPrimitive(
    Effect.whileLoop({ while: () => !isOver(this.host!), body: () => this.next, step: () => {} }),
    () => {
      this.timer?.interruptUnsafe()
      this.timer = undefined
      this.wakesAt = Moment.never
      this.onWork = undefined
      this.host = undefined
      return this.handOver
    }
  )

  /** What is to be done next. */
  private get next(): Effect.Effect<void> {
    const task = this.tasks.shift()
    if (task !== undefined) return this.beginFor(...task)
    if (!this.needsTimer) return this.work
    const first = this.calls.first!
    if (first.at > Moment.now(this.clock)) return this.startTimer(first.at)
    this.calls.remove(first)
    first.ring()
    return Effect.void
  }

  /** Waits until there is something to do. The fiber may have yielded since it looked: what came meanwhile woke nobody. */
  private readonly work: Effect.Effect<void> = Effect.interruptible(
    Effect.callback((resume) => {
      if (this.tasks.length > 0 || this.needsTimer) return resume(Effect.void)
      this.onWork = resume
    })
  )

  private get needsTimer(): boolean {
    return this.calls.first !== undefined && this.calls.first.at < this.wakesAt
  }

  private startTimer(at: Moment.Moment): Effect.Effect<void> {
    this.timer?.interruptUnsafe()
    this.wakesAt = at
    const sleep = Effect.map(Moment.sleepUntil(this.clock, at), () => {
      this.wakesAt = Moment.never
      this.timer = undefined
      this.wake()
    })
    return Effect.map(Effect.forkChild(sleep, { startImmediately: true }), (timer) => {
      this.timer = timer
    })
  }

  private beginFor(attended: Attended, task: Effect.Effect<void>): Effect.Effect<void> {
    if (!this.attends(attended)) return Effect.void
    return this.begin(
      attended,
      Effect.onError(task, (cause) => attended.failed(cause))
    )
  }

  /** Until it runs in one of them, or there is none: a scope may close just before its fiber starts. */
  private readonly handOver: Effect.Effect<void> = Effect.suspend(() => {
    if (this.host !== undefined) return Effect.void
    const host = this.nextHost
    if (host !== undefined) return Effect.andThen(this.fork(host, this.attendIn(host), true), this.handOver)
    // They are for those that are over.
    this.tasks.length = 0
    return Effect.void
  })

  private attends(attended: Attended): boolean {
    return attended.seat !== undefined && !isOver(attended)
  }

  private get nextHost(): Attended | undefined {
    if (this.latest !== undefined && !isOver(this.latest)) return this.latest
    for (const next of this.all) if (!isOver(next)) return next
    return undefined
  }
}

/** Nothing can be started in it any more. */
const isOver = ({ scope }: Attended): boolean => scope.state._tag === "Closed"

/** The one of that transport and clock. */
export const of = (transport: object, clock: Clock.Clock): Attendant => {
  const known = attendants.get(transport) ?? new WeakMap<Clock.Clock, Attendant>()
  attendants.set(transport, known)
  const attendant = known.get(clock) ?? new Attendant(clock)
  known.set(clock, attendant)
  return attendant
}

/** A transport has no place for what its connections share, so it is found again by the transport itself. */
const attendants = new WeakMap<object, WeakMap<Clock.Clock, Attendant>>()
