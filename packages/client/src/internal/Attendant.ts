/**
 * The fiber that all connections of a program share, so that an idle connection needs no fiber of its own. It waits for two
 * things: the next alarm of any connection, and tasks that code outside of fibers wants to start.
 *
 * It runs in the scope of the `Transport` layer. If that is not known, or has closed before the connections, it runs in the
 * scope of one of these, and moves to another one when that ends. What it starts belongs to the connection that asked for it.
 * There is one attendant for each `Transport` and clock.
 *
 * Code outside of fibers cannot shorten a sleep, only interrupt the fiber that sleeps. So a child fiber, the timer, does the
 * sleeping. It is replaced when an alarm is set that comes before it wakes.
 */
import type { Transport } from "@effect-websocket/transport"
import type * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type { SchedulerDispatcher } from "effect/Scheduler"
import type * as Scope from "effect/Scope"
import { Alarms, type Timed } from "./Alarms.ts"
import { Crowd, type Member } from "./Crowd.ts"
import * as Moment from "./Moment.ts"
import { SessionContext } from "./SessionContext.ts"

/** In which scope, and with which services, fibers run. */
interface Host {
  readonly scope: Scope.Scope
  readonly context: Context.Context<never>
}

/** What can be attended, mostly a connection. */
export interface Attended extends Host, Member {
  /** A task that was started for it failed. */
  failed(cause: Cause.Cause<never>): Effect.Effect<void>
}

/** At its moment, `ring` is called inside the shared fiber. It must not throw, and uses `start` for what takes time. */
export interface Alarm extends Timed {
  ring(): void
}

export class Attendant {
  /** The contexts of the sessions it attends. */
  readonly contexts = new SessionContext()
  private readonly clock: Clock.Clock
  private readonly all = new Crowd<Attended>()
  private readonly alarms = new Alarms<Alarm>()
  private readonly tasks: Array<readonly [attended: Attended, task: Effect.Effect<void>]> = []
  /** Mostly outlives the connections. */
  private readonly layer: Host | undefined
  /** In whose scope the fiber runs; undefined while there is none. */
  private host: Host | undefined
  /** The newest one, which is likely to stay longest. */
  private latest: Attended | undefined
  private onWork: ((resume: Effect.Effect<void>) => void) | undefined
  private timer: Fiber.Fiber<void> | undefined
  /** That of the shared fiber: calls back in the next turn of the event loop. */
  private dispatcher: SchedulerDispatcher | undefined
  private isResting = false
  /** When the timer wakes. */
  private wakesAt: Moment.Moment = Moment.never

  /** `scope` is that of the layer, if it is known. */
  constructor(clock: Clock.Clock, scope: Scope.Scope | undefined) {
    this.clock = clock
    // The fiber needs no services: it gets the clock from here, and what it starts has its own.
    this.layer = scope && { scope, context: Context.empty() }
  }

  /** Attends it from now on, until `leave`. Run this in its scope. */
  join(attended: Attended): Effect.Effect<void> {
    return Effect.suspend(() => this.joinNow(attended) ?? Effect.void)
  }

  /** Like `join`, but joins when it is called. Returns what has to be run for that, if anything. */
  joinNow(attended: Attended): Effect.Effect<void> | undefined {
    this.all.add(attended)
    this.latest = attended
    return this.host === undefined ? this.handOver : undefined
  }

  /** Attends it no more: nothing more is started for it. */
  leave(attended: Attended): void {
    this.all.remove(attended)
    if (this.latest === attended) this.latest = undefined
    this.rest()
  }

  /** Has the shared fiber start the task, unless the attended is over. Needs no fiber to call it. */
  start(attended: Attended, task: Effect.Effect<void>): void {
    if (!this.attends(attended)) return
    this.tasks.push([attended, task])
    this.wake()
  }

  /** Sets an alarm that is not set. If the timer wakes earlier anyway, it is not replaced. */
  set(alarm: Alarm): void {
    this.alarms.add(alarm)
    if (this.needsTimer) this.wake()
  }

  /** Removes the alarm, if it is set. */
  unset(alarm: Alarm): void {
    this.alarms.remove(alarm)
    this.rest()
  }

  /** Forks the task in the scope, and with the context, of the attended. For callers that are in a fiber. */
  fork({ context, scope }: Host, task: Effect.Effect<void>, uninterruptible = false): Effect.Effect<void> {
    const fork = Effect.forkIn(task, scope, { startImmediately: true, uninterruptible })
    return Effect.asVoid(Effect.updateContext(fork, () => context))
  }

  private wake(): void {
    const wake = this.onWork
    this.onWork = undefined
    wake?.(Effect.void)
  }

  /**
   * Attends until the host is over, or the layer has no connection. A task may end the host, so only waiting can be
   * interrupted. The fiber itself sets `host` when it runs: whoever forks it may be interrupted before that, and two may fork
   * it at once.
   */
  private attendIn(host: Host): Effect.Effect<void> {
    return Effect.withFiber((fiber) => {
      if (this.host !== undefined) return Effect.void
      this.host = host
      this.dispatcher = fiber.currentDispatcher
      return this.attend
    })
  }

  private readonly attend: Effect.Effect<void> = Effect.onExitPrimitive(
    Effect.whileLoop({ while: () => !isOver(this.host!) && !this.isAlone, body: () => this.next, step: () => {} }),
    () => {
      this.stopTimer()
      this.onWork = undefined
      this.dispatcher = undefined
      this.host = undefined
      return this.handOver
    }
  )

  /** The next step of the shared fiber. */
  private get next(): Effect.Effect<void> {
    const task = this.tasks.shift()
    if (task !== undefined) return this.startFor(...task)
    if (!this.needsTimer) return this.work
    const first = this.alarms.first!
    if (first.at > Moment.now(this.clock)) return this.startTimer(first.at)
    this.alarms.remove(first)
    first.ring()
    return Effect.void
  }

  /**
   * Stops a timer that sleeps for nothing, since it keeps the process alive, and the layer's fiber when nobody is left, since
   * it keeps the `AsyncLocalStorage` of the program's call that started it. Not at once: a program that connects again and
   * again does so within this turn of the event loop, and starting both anew would be a tenth of what a connection costs.
   */
  private rest(): void {
    if (this.isResting || this.dispatcher === undefined || !(this.sleepsForNothing || this.isAlone)) return
    this.isResting = true
    this.dispatcher.scheduleTask(() => {
      this.isResting = false
      if (this.sleepsForNothing) this.stopTimer()
      if (this.isAlone) this.wake()
    }, 0)
  }

  private get sleepsForNothing(): boolean {
    return this.timer !== undefined && this.alarms.first === undefined
  }

  /** The fiber runs for nobody. */
  private get isAlone(): boolean {
    return this.host !== undefined && this.host === this.layer && this.all.isEmpty
  }

  /** Waits until there is something to do. Looks once more first: the fiber may have yielded since it looked last. */
  private readonly work: Effect.Effect<void> = Effect.interruptible(
    Effect.callback((resume) => {
      if (this.tasks.length > 0 || this.needsTimer) return resume(Effect.void)
      this.onWork = resume
    })
  )

  private get needsTimer(): boolean {
    return this.alarms.first !== undefined && this.alarms.first.at < this.wakesAt
  }

  private startTimer(at: Moment.Moment): Effect.Effect<void> {
    this.stopTimer()
    this.wakesAt = at
    const sleep = Effect.map(Moment.sleepUntil(this.clock, at), () => {
      this.wakesAt = Moment.never
      this.timer = undefined
      this.wake()
    })
    return Effect.map(Effect.forkChild(sleep, { startImmediately: true }), (timer) => {
      this.timer = timer
      // The fiber may have yielded after it forked the timer, and the alarm may be unset by now.
      this.rest()
    })
  }

  private stopTimer(): void {
    this.timer?.interruptUnsafe()
    this.timer = undefined
    this.wakesAt = Moment.never
  }

  private startFor(attended: Attended, task: Effect.Effect<void>): Effect.Effect<void> {
    if (!this.attends(attended)) return Effect.void
    return this.fork(
      attended,
      Effect.onError(task, (cause) => attended.failed(cause))
    )
  }

  /** Finds a host. Tries again until the fiber runs or nobody is left, since a scope may close before its fiber starts. */
  private readonly handOver: Effect.Effect<void> = Effect.suspend(() => {
    if (this.host !== undefined) return Effect.void
    const host = this.nextHost
    if (host !== undefined) return Effect.andThen(this.fork(host, this.attendIn(host), true), this.handOver)
    // Nobody is left, so those they were for are over.
    this.tasks.length = 0
    return Effect.void
  })

  private attends(attended: Attended): boolean {
    return attended.seat !== undefined && !isOver(attended)
  }

  private get nextHost(): Host | undefined {
    if (this.layer !== undefined && !isOver(this.layer) && !this.all.isEmpty) return this.layer
    if (this.latest !== undefined && !isOver(this.latest)) return this.latest
    for (const next of this.all) if (!isOver(next)) return next
    return undefined
  }
}

/** Nothing can be started in its scope any more. */
const isOver = ({ scope }: Host): boolean => scope.state._tag === "Closed"

/** The attendant of this transport and clock. */
export const of = (transport: typeof Transport.Service, clock: Clock.Clock): Attendant => {
  const known = attendants.get(transport) ?? new WeakMap<Clock.Clock, Attendant>()
  attendants.set(transport, known)
  const attendant = known.get(clock) ?? new Attendant(clock, transport.scope)
  known.set(clock, attendant)
  return attendant
}

/** Found by the transport, since a transport has no place for what its connections share. */
const attendants = new WeakMap<object, WeakMap<Clock.Clock, Attendant>>()
