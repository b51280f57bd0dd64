/**
 * The fiber that all connections of a program share, so that an idle one needs no fiber for what may never come: it
 * sleeps until the next alarm of any of them, and starts what a connection cannot start itself, outside of every fiber.
 *
 * It is a fiber of the connection that needed it first, and of another one when that ends; what it starts belongs to the
 * connection that asked for it. There is one for each `Transport` and clock.
 */
import type * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Alarm, Alarms } from "./Alarms.ts"
import * as Moment from "./Moment.ts"
import { SessionContext } from "./SessionContext.ts"

/** What may be attended: where its fibers run, and with what. */
export interface Attended {
  readonly scope: Scope.Scope
  readonly context: Context.Context<never>
}

/** What is started when its moment has come. */
export interface Call extends Alarm {
  readonly attended: Attended
  readonly answer: Effect.Effect<void>
}

export class Attendant {
  /** The contexts of those it attends. */
  readonly contexts = new SessionContext()
  private readonly clock: Clock.Clock
  private readonly all = new Set<Attended>()
  private readonly calls = new Alarms<Call>()
  private tasks: Array<readonly [attended: Attended, task: Effect.Effect<void>]> = []
  private wake: (() => void) | undefined
  /** Whose fiber it is. */
  private host: Attended | undefined

  constructor(clock: Clock.Clock) {
    this.clock = clock
  }

  /** From now on, until `leave`. To be run in the scope of who joins. */
  join(attended: Attended): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.all.add(attended)
      return this.host === undefined ? this.attendIn(attended) : Effect.void
    })
  }

  /** It has ended: nothing more is started for it. */
  leave(attended: Attended): void {
    this.all.delete(attended)
  }

  /** Starts it now. */
  start(attended: Attended, task: Effect.Effect<void>): void {
    this.tasks.push([attended, task])
    this.wake?.()
  }

  /** Answers the call when its moment has come. */
  set(call: Call): void {
    this.calls.add(call)
    if (this.calls.first === call) this.wake?.()
  }

  /** If it is set. */
  unset(call: Call): void {
    this.calls.remove(call)
  }

  private attendIn(host: Attended): Effect.Effect<void> {
    this.host = host
    return this.begin(host, Effect.ensuring(this.attend, this.handOver))
  }

  /** The scope in which it ran is closed. */
  private readonly handOver: Effect.Effect<void> = Effect.suspend(() => {
    this.host = undefined
    for (const next of this.all) if (!isOver(next)) return this.attendIn(next)
    return Effect.void
  })

  /** Runs it in the scope, and with the context, of the attended. */
  begin(attended: Attended, task: Effect.Effect<void>): Effect.Effect<void> {
    const fork = Effect.forkIn(task, attended.scope, { startImmediately: true })
    return Effect.asVoid(Effect.updateContext(fork, () => attended.context))
  }

  private readonly attend: Effect.Effect<never> = Effect.suspend(() => {
    const tasks = this.tasks
    this.tasks = []
    for (let due = this.calls.first; due !== undefined && due.at <= Moment.now(this.clock); due = this.calls.first) {
      this.calls.remove(due)
      tasks.push([due.attended, due.answer])
    }
    return Effect.forEach(
      tasks,
      ([attended, task]) => (this.all.has(attended) && !isOver(attended) ? this.begin(attended, task) : Effect.void),
      { discard: true }
    )
  }).pipe(Effect.andThen(Effect.suspend(() => this.rest)), Effect.forever({ disableYield: true }))

  /** Until there is something to do. */
  private get rest(): Effect.Effect<void> {
    const { first } = this.calls
    const woken = Effect.callback<void>((resume) => {
      if (this.tasks.length > 0 || this.calls.first !== first) return resume(Effect.void)
      this.wake = () => {
        this.wake = undefined
        resume(Effect.void)
      }
    })
    return first === undefined ? woken : Effect.raceFirst(woken, Moment.sleepUntil(this.clock, first.at))
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
