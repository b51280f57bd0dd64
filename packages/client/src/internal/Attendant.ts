/**
 * The fiber that all connections of a program share, so that an idle one needs no fiber for what may never come: it waits
 * for work, which is what a connection cannot start itself, outside of every fiber, and for the next alarm of any of them.
 *
 * It is a fiber of the connection that needed it first, and of another one when that ends; what it starts belongs to the
 * connection that asked for it. There is one for each `Transport` and clock.
 *
 * From outside of every fiber a sleep can only be interrupted. So beside it, in the same scope, sleeps a second fiber, the
 * timer, which is replaced when an alarm is set that comes before it wakes.
 */
import type * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import { type Alarm, Alarms } from "./Alarms.ts"
import * as Moment from "./Moment.ts"
import { SessionContext } from "./SessionContext.ts"

/** What may be attended: where its fibers run, and with what. */
export interface Attended {
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
  private readonly all = new Set<Attended>()
  private readonly calls = new Alarms<Call>()
  private tasks: Array<readonly [attended: Attended, task: Effect.Effect<void>]> = []
  /** Whose fiber it is. */
  private host: Attended | undefined
  /** The one that came last is likely to stay longest. */
  private latest: Attended | undefined
  private onWork: (() => void) | undefined
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
    return this.host === undefined ? this.attendIn(attended) : undefined
  }

  /** It has ended: nothing more is started for it. */
  leave(attended: Attended): void {
    this.all.delete(attended)
    if (this.latest === attended) this.latest = undefined
  }

  /** Starts it now. */
  start(attended: Attended, task: Effect.Effect<void>): void {
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
    return Effect.asVoid(this.fork(attended, task))
  }

  private fork({ context, scope }: Attended, task: Effect.Effect<void>): Effect.Effect<Fiber.Fiber<void>> {
    return Effect.updateContext(Effect.forkIn(task, scope, { startImmediately: true }), () => context)
  }

  private wake(): void {
    const wake = this.onWork
    this.onWork = undefined
    wake?.()
  }

  private attendIn(host: Attended): Effect.Effect<void> {
    this.host = host
    return this.begin(host, this.attend)
  }

  /** To the end of the host, which may be brought about by what is started. */
  private readonly attend: Effect.Effect<void> = Effect.uninterruptibleMask((restore) => {
    const turn = Effect.andThen(
      restore(this.work),
      Effect.suspend(() => this.startDue)
    )
    return Effect.catchCause(Effect.forever(turn, { disableYield: true }), () => this.handOver)
  })

  /** Waits until there is something to do. */
  private get work(): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      if (this.tasks.length > 0 || this.needsTimer) return resume(Effect.void)
      this.onWork = () => resume(Effect.void)
      return Effect.sync(() => {
        this.onWork = undefined
      })
    })
  }

  private get startDue(): Effect.Effect<void> {
    for (let due = this.calls.first; due !== undefined && due.at <= Moment.now(this.clock); due = this.calls.first) {
      this.calls.remove(due)
      due.ring()
    }
    const tasks = this.tasks
    this.tasks = []
    const started = Effect.forEach(tasks, ([attended, task]) => this.beginFor(attended, task), { discard: true })
    return this.needsTimer ? Effect.andThen(this.startTimer, started) : started
  }

  private get needsTimer(): boolean {
    return this.calls.first !== undefined && this.calls.first.at < this.wakesAt
  }

  private get startTimer(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.timer?.interruptUnsafe()
      const { at } = this.calls.first!
      this.wakesAt = at
      const sleep = Effect.map(Moment.sleepUntil(this.clock, at), () => {
        this.wakesAt = Moment.never
        this.wake()
      })
      return Effect.map(this.fork(this.host!, sleep), (timer) => {
        this.timer = timer
      })
    })
  }

  private beginFor(attended: Attended, task: Effect.Effect<void>): Effect.Effect<void> {
    if (!this.all.has(attended) || isOver(attended)) return Effect.void
    return this.begin(
      attended,
      Effect.onError(task, (cause) => attended.failed(cause))
    )
  }

  /** The scope in which it ran is closed. */
  private get handOver(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.host = undefined
      this.wakesAt = Moment.never
      if (this.latest !== undefined && !isOver(this.latest)) return this.attendIn(this.latest)
      for (const next of this.all) if (!isOver(next)) return this.attendIn(next)
      return Effect.void
    })
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
