/**
 * What all connections of a program share, so that an idle one needs no fiber for what may never come: alarms, of which the
 * next alone has a timer, and the start of what a connection cannot start itself, outside of every fiber. What is started
 * belongs to the connection that asked for it, and runs in its scope. There is one for each `Transport` and clock.
 *
 * The timer is a fiber of nobody's. It sleeps while there is an alarm and a connection, and no longer.
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
  /** From `join` to `leave`. `Attendant` alone writes it. */
  isAttended: boolean
  /** What was started for it failed. */
  failed(cause: Cause.Cause<never>): Effect.Effect<void>
}

/** Rings when its moment has come, in the timer's fiber: what takes time it starts. It must not throw. */
export interface Call extends Alarm {
  ring(): void
}

export class Attendant {
  /** The contexts of those it attends. */
  readonly contexts = new SessionContext()
  private readonly clock: Clock.Clock
  private readonly calls = new Alarms<Call>()
  private attended = 0
  private timer: Fiber.Fiber<void> | undefined
  /** When the timer wakes. */
  private wakesAt: Moment.Moment = Moment.never

  constructor(clock: Clock.Clock) {
    this.clock = clock
  }

  /** From now on, until `leave`. */
  join(attended: Attended): void {
    if (attended.isAttended) return
    attended.isAttended = true
    this.attended += 1
    this.setTimer()
  }

  /** It has ended: nothing more is started for it. */
  leave(attended: Attended): void {
    if (!attended.isAttended) return
    attended.isAttended = false
    this.attended -= 1
    if (this.attended === 0) this.stopTimer()
  }

  /** Starts it now, in the scope and with the context of the attended, unless that is over. */
  start(attended: Attended, task: Effect.Effect<void>): void {
    if (!attended.isAttended) return
    const told = Effect.onError(task, (cause) => attended.failed(cause))
    Effect.runForkWith(attended.context)(Effect.forkIn(told, attended.scope, { startImmediately: true }))
  }

  /** From now on it waits for its moment. A timer that wakes before that, for whatever, will do. */
  set(call: Call): void {
    this.calls.add(call)
    this.setTimer()
  }

  /** If it is set. */
  unset(call: Call): void {
    this.calls.remove(call)
  }

  private setTimer(): void {
    const next = this.calls.first?.at
    if (this.attended === 0 || next === undefined || next >= this.wakesAt) return
    this.stopTimer()
    this.wakesAt = next
    const timer = Effect.runFork(Effect.map(Moment.sleepUntil(this.clock, next), () => this.ring()))
    // Unless it has rung already, and perhaps set the next one.
    if (timer.pollUnsafe() === undefined) this.timer = timer
  }

  private stopTimer(): void {
    this.timer?.interruptUnsafe()
    this.timer = undefined
    this.wakesAt = Moment.never
  }

  /** All whose moment has come; then it sleeps until that of the next. */
  private ring(): void {
    this.timer = undefined
    this.wakesAt = Moment.never
    for (let call = this.due; call !== undefined; call = this.due) {
      this.calls.remove(call)
      call.ring()
    }
    this.setTimer()
  }

  private get due(): Call | undefined {
    const { first } = this.calls
    return first !== undefined && first.at <= Moment.now(this.clock) ? first : undefined
  }
}

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
