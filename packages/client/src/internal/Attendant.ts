/**
 * The fiber that all connections of a program share, so that an idle one needs no fiber for what may never come: it
 * sleeps until the next alarm of any of them, and starts what a connection cannot start itself, outside of every fiber.
 *
 * It is a fiber of the connection that needed it first, and of another one when that ends; what it starts belongs to the
 * connection that asked for it. There is one for each `Transport` and clock.
 *
 * From outside of every fiber a sleep can only be interrupted. So each turn is a fiber of its own, which on waking, one
 * way or the other, starts what is due and then the next turn: waking early is rare, and a connection begins with one.
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
  private sleeper: Fiber.Fiber<unknown, unknown> | undefined
  /** When the sleeper wakes by itself, if it does. */
  private wakesAt: Moment.Moment | undefined

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

  /** From now on it waits for its moment. Who wakes before that, if only for a call that is not set any more, wakes nobody. */
  set(call: Call): void {
    this.calls.add(call)
    if (this.wakesAt === undefined || call.at < this.wakesAt) this.wake()
  }

  /** If it is set. */
  unset(call: Call): void {
    this.calls.remove(call)
  }

  /** Runs it in the scope, and with the context, of the attended. */
  begin(attended: Attended, task: Effect.Effect<void>): Effect.Effect<void> {
    const fork = Effect.forkIn(task, attended.scope, { startImmediately: true })
    return Effect.asVoid(Effect.updateContext(fork, () => attended.context))
  }

  private wake(): void {
    this.sleeper?.interruptUnsafe()
  }

  private attendIn(host: Attended): Effect.Effect<void> {
    this.host = host
    return this.begin(host, this.turn)
  }

  private readonly turn: Effect.Effect<void> = Effect.uninterruptibleMask((restore) =>
    Effect.andThen(
      Effect.exit(restore(Effect.withFiber((fiber) => this.sleep(fiber)))),
      Effect.suspend(() => {
        this.sleeper = undefined
        return isOver(this.host!) ? this.goOn : Effect.andThen(this.startDue, this.goOn)
      })
    )
  )

  /** What was started may have ended the host. */
  private get goOn(): Effect.Effect<void> {
    return Effect.suspend(() => (isOver(this.host!) ? this.handOver : this.attendIn(this.host!)))
  }

  private sleep(sleeper: Fiber.Fiber<unknown, unknown>): Effect.Effect<void> {
    if (this.tasks.length > 0) return Effect.void
    this.sleeper = sleeper
    this.wakesAt = this.calls.first?.at
    return this.wakesAt === undefined ? Effect.never : Moment.sleepUntil(this.clock, this.wakesAt)
  }

  private get startDue(): Effect.Effect<void> {
    for (let due = this.calls.first; due !== undefined && due.at <= Moment.now(this.clock); due = this.calls.first) {
      this.calls.remove(due)
      due.ring()
    }
    const tasks = this.tasks
    this.tasks = []
    if (tasks.length === 0) return Effect.void
    return Effect.forEach(tasks, ([attended, task]) => this.beginFor(attended, task), { discard: true })
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
    this.host = undefined
    if (this.latest !== undefined && !isOver(this.latest)) return this.attendIn(this.latest)
    for (const next of this.all) if (!isOver(next)) return this.attendIn(next)
    return Effect.void
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
