/**
 * The life of a long-lived client: attempt after attempt, a connection, a loss, a delay, until there will be no other.
 *
 * One fiber runs it and alone moves the phase and the status. Each connection is a value of its own, in a scope of its
 * own, and ended before the next is dialled. Whether and when there is a next one, `Reconnect` and the program decide.
 */
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import { type LossCause, OnOpenFailed } from "../ClientErrors.ts"
import type { ClientFunctions } from "../ClientOptions.ts"
import type { CloseInfo } from "../CloseInfo.ts"
import type { ConnectError } from "../ConnectError.ts"
import type { Connection } from "../Connection.ts"
import { ConnectionClosed } from "../Errors.ts"
import * as Reconnect from "../Reconnect.ts"
import type { Loss, LostMessages, StoppedBy } from "../Status.ts"
import { Backoff, type Delays } from "./Backoff.ts"
import { Control } from "./Control.ts"
import type { Incoming } from "./Incoming.ts"
import * as Moment from "./Moment.ts"
import type { Outbox } from "./Outbox.ts"
import type { Phases, Up } from "./Phase.ts"
import type { StatusBoard } from "./StatusBoard.ts"
import * as Trace from "./Trace.ts"

export interface Parts<R> extends ClientFunctions<R> {
  readonly connect: Effect.Effect<Connection, ConnectError, R | Scope.Scope>
  readonly delays: Delays<R>
  readonly uptime: Duration.Duration
  readonly maxRetryAfter: Duration.Duration
  readonly onOpenTimeout: Duration.Duration
  readonly closeTimeout: Duration.Duration
  readonly phases: Phases
  readonly incoming: Incoming
  readonly outbox: Outbox
  readonly status: StatusBoard
  readonly clock: Clock.Clock
}

/** Why there is no other attempt. */
interface Ending {
  readonly by: StoppedBy
  readonly cause: LossCause | undefined
}

type Lost = Pick<Loss, "cause" | "generation" | "uptime">

export class LongLived<R> {
  readonly control = new Control()
  private readonly parts: Parts<R>
  private readonly backoff: Backoff<R>
  private generation = 0
  /** Since the client was made, or a connection held. */
  private attempt = 0
  /** Why the next attempt is made, where it follows a loss. */
  private lostBy: LossCause | undefined
  /** How the last connection ended. */
  private record: CloseInfo = neverOpen
  private reported: LostMessages = { notSent: 0, unknown: 0, notTaken: 0 }
  private readonly done = Deferred.makeUnsafe<CloseInfo>()

  constructor(parts: Parts<R>) {
    this.parts = parts
    this.backoff = new Backoff(parts.delays)
  }

  /** Succeeds once the client has stopped. */
  readonly ended: Effect.Effect<CloseInfo> = Deferred.await(this.done)

  close(closeCode: number, closeReason: string): Effect.Effect<CloseInfo> {
    return Effect.suspend(() => {
      this.control.want({ _tag: "Close", closeCode, closeReason })
      return this.ended
    })
  }

  /** The scope is left. */
  leave(exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.control.want({ _tag: "Leave", exit })
      return Effect.asVoid(this.ended)
    })
  }

  /** Succeeds when it is paused, or was resumed or stopped before. */
  readonly pause: Effect.Effect<void> = Effect.suspend(() => {
    this.control.want({ _tag: "Pause" })
    return Effect.asVoid(this.control.until(() => (this.isPausing ? undefined : true)))
  })

  private get isPausing(): boolean {
    const { _tag } = this.parts.status.current
    return this.control.wanted._tag === "Pause" && _tag !== "Paused" && _tag !== "Stopped"
  }

  get lost(): LostMessages {
    const { incoming, outbox } = this.parts
    return { ...outbox.lost, notTaken: incoming.notTaken }
  }

  readonly run: Effect.Effect<void, never, R> = Effect.suspend(() => this.attempts).pipe(
    Effect.flatMap((ending) => this.stop(ending)),
    // What a function of the program died with is told to all who wait; nobody looks at this fiber.
    Effect.onError((cause) => {
      if (Cause.hasInterruptsOnly(cause)) return this.stop({ by: "program", cause: undefined })
      const stop = this.stop({ by: "defect", cause: undefined }, Effect.failCause(cause))
      return Effect.andThen(Effect.logError("A WebSocket client died", cause), stop)
    })
  )

  private readonly attempts: Effect.Effect<Ending, never, R> = Effect.gen({ self: this }, function* () {
    while (true) {
      const { wanted } = this.control
      if (wanted._tag === "Close" || wanted._tag === "Leave") return { by: "program", cause: undefined }
      if (wanted._tag === "Pause") {
        yield* this.parts.status.set({ _tag: "Paused" })
        this.control.changed()
        yield* this.control.resumed
        continue
      }
      const lost = yield* Effect.acquireUseRelease(
        Scope.make(),
        (scope) => this.session(scope),
        // What was left already is not left again; else the peer is not waited for longer than after a failure.
        (scope) => Scope.close(scope, Exit.fail("lost"))
      )
      this.lostBy = lost?.cause
      if (lost === undefined) this.anew()
      else {
        const ending = yield* this.afterLoss(lost)
        if (ending !== undefined) return ending
      }
    }
  })

  /** One attempt, and the connection that comes of it. Answers its loss; undefined when the program ended it. */
  private session(scope: Scope.Closeable): Effect.Effect<Lost | undefined, never, R> {
    return Effect.gen({ self: this }, function* () {
      this.attempt++
      yield* this.parts.status.set({ _tag: "Connecting", attempt: this.attempt })
      const dialled = yield* Effect.raceFirst(
        Effect.result(Scope.provide(this.connecting, scope)),
        this.control.stopped
      )
      if (!Result.isResult(dialled)) return undefined
      if (Result.isFailure(dialled)) return { cause: dialled.failure, generation: undefined, uptime: undefined }
      const connection = dialled.success
      const generation = ++this.generation
      const failed = yield* Effect.raceFirst(
        Effect.flip(Effect.andThen(this.onOpen(connection, scope), Effect.fail(undefined))),
        Effect.as(this.control.stopped, undefined)
      )
      if (failed !== undefined) {
        const cause = (yield* isOver(connection)) ? yield* this.remains(connection) : failed
        return { cause, generation, uptime: undefined }
      }
      if (this.control.wanted._tag !== "Run") {
        yield* this.goodbye(connection, scope)
        yield* this.remains(connection)
        return undefined
      }
      return yield* this.open({ _tag: "Up", connection, generation }, scope)
    })
  }

  private get connecting(): Effect.Effect<Connection, ConnectError, R | Scope.Scope> {
    const { attempt, lostBy } = this
    const { connect } = this.parts
    return lostBy === undefined ? connect : Trace.reconnecting(connect, { attempt, cause: lostBy })
  }

  /** What the program does first on each connection; while it runs, nobody else takes or sends. */
  private onOpen(connection: Connection, scope: Scope.Closeable): Effect.Effect<void, OnOpenFailed, R> {
    const { onOpen, onOpenTimeout } = this.parts
    const { generation } = this
    if (onOpen === undefined) return Effect.void
    return Effect.suspend(() => onOpen(connection, generation)).pipe(
      Scope.provide(scope),
      Effect.catchCause((cause) => {
        if (Cause.hasInterruptsOnly(cause)) return Effect.failCause(cause as Cause.Cause<never>)
        const problem = Cause.hasDies(cause) ? "died" : "failed"
        return Effect.fail(new OnOpenFailed({ generation, problem, cause: Cause.squash(cause) }))
      }),
      Effect.timeoutOrElse({
        duration: onOpenTimeout,
        orElse: () => Effect.fail(new OnOpenFailed({ generation, problem: "timed out", timeout: onOpenTimeout }))
      })
    )
  }

  /** Messages flow, until the connection or the program ends that. */
  private open(up: Up, scope: Scope.Closeable): Effect.Effect<Lost | undefined> {
    return Effect.gen({ self: this }, function* () {
      const { clock, closeTimeout, outbox, phases, status } = this.parts
      const { connection, generation } = up
      const opened = Moment.now(clock)
      this.control.hurry = false
      const drain = outbox.drain(up)
      phases.move(up)
      yield* status.set({ _tag: "Open", generation, since: clock.currentTimeMillisUnsafe() })
      const draining = yield* Effect.forkChild(drain, { startImmediately: true })
      const byUs = yield* Effect.raceFirst(Effect.as(connection.ended, false), Effect.as(this.control.disturbed, true))
      const uptime = Duration.nanos(Moment.now(clock) - opened)
      if (byUs && !this.control.hurry) {
        const given = Effect.raceFirst(connection.ended, this.control.abandoned)
        yield* Effect.timeoutOption(Effect.raceFirst(outbox.emptied, given), closeTimeout)
      }
      yield* Fiber.interrupt(draining)
      if (byUs) yield* this.goodbye(connection, scope)
      const cause = yield* this.remains(connection)
      outbox.lose(byUs ? undefined : cause)
      phases.move({ _tag: "Down", cause: byUs ? undefined : cause })
      return byUs ? undefined : { cause, generation, uptime }
    })
  }

  /** Performs the closing handshake that the program asked for, and in less time once it has left. */
  private goodbye(connection: Connection, scope: Scope.Closeable): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const { wanted } = this.control
      const [closeCode, closeReason] = wanted._tag === "Close" ? [wanted.closeCode, wanted.closeReason] : [1000, ""]
      const closing = Effect.as(Effect.orDie(connection.close(closeCode, closeReason)), undefined)
      const left = yield* Effect.raceFirst(this.control.left, closing)
      if (left !== undefined) yield* Scope.close(scope, left.exit)
      this.record = yield* connection.closed
    })
  }

  /** Keeps what a connection that has ended still holds, and answers what ended it. */
  private remains(connection: Connection): Effect.Effect<LossCause> {
    return Effect.gen({ self: this }, function* () {
      while (true) {
        const taken = yield* Effect.result(connection.receiveN(Number.MAX_SAFE_INTEGER))
        if (Result.isFailure(taken)) return taken.failure
        this.parts.incoming.keep(taken.success)
      }
    })
  }

  /** Decides what follows a loss, and waits for it. */
  private afterLoss(lost: Lost): Effect.Effect<Ending | undefined, never, R> {
    return Effect.gen({ self: this }, function* () {
      const { clock, maxRetryAfter, onLost, status, uptime } = this.parts
      const { cause } = lost
      this.control.hurry = false
      if (lost.uptime !== undefined && Duration.isGreaterThanOrEqualTo(lost.uptime, uptime)) this.anew()
      const loss = { ...lost, attempt: this.attempt, retryAfter: askedToWait(cause), lost: this.report() }
      const attempt = this.attempt + 1
      let decision: Reconnect.Decision | undefined
      if (onLost === undefined) decision = Reconnect.decide(loss)
      else {
        yield* status.set({ _tag: "Waiting", cause, delay: undefined, attempt })
        decision = yield* Effect.raceFirst(onLost(loss), Effect.as(this.control.stopped, undefined))
      }
      if (decision === undefined) return undefined
      if (decision._tag === "Stop") return { by: "onLost", cause }
      let delay: Duration.Duration | undefined
      if (decision._tag === "RetryAfter") delay = Duration.fromInputUnsafe(decision.delay)
      else {
        const scheduled = yield* this.backoff.next(loss)
        if (scheduled === undefined) return { by: "reconnect", cause }
        // On top of what the server asked for, so that not all of its clients come back at the same moment.
        delay = Duration.sum(scheduled, Duration.min(loss.retryAfter ?? Duration.zero, maxRetryAfter))
      }
      yield* status.set({ _tag: "Waiting", cause, delay, attempt })
      yield* Effect.raceFirst(clock.sleep(delay), this.control.disturbed)
      return undefined
    })
  }

  /** The next attempt counts as the first. */
  private anew(): void {
    this.attempt = 0
    this.backoff.reset()
  }

  /** What was lost since the report before. */
  private report(): LostMessages {
    const { lost, reported } = this
    this.reported = lost
    return {
      notSent: lost.notSent - reported.notSent,
      unknown: lost.unknown - reported.unknown,
      notTaken: lost.notTaken - reported.notTaken
    }
  }

  private stop({ by, cause }: Ending, defect?: Effect.Effect<never>): Effect.Effect<void> {
    return Effect.suspend(() => {
      const { outbox, phases, status } = this.parts
      const { discarded, clean, ...record } = this.record
      const some = defect ?? Effect.fail(cause ?? new ConnectionClosed({ ...record, by: "us" }))
      phases.move({ _tag: "Over", cause, some, all: by === "program" ? Cause.done() : some })
      outbox.stop(cause)
      return Effect.andThen(
        status.set({ _tag: "Stopped", by, ...(cause && { cause }) }),
        Effect.sync(() => {
          this.control.changed()
          Deferred.doneUnsafe(this.done, Effect.succeed(this.record))
        })
      )
    })
  }
}

const isOver = ({ ended }: Connection): Effect.Effect<boolean> =>
  Effect.raceFirst(Effect.as(ended, true), Effect.succeed(false))

const neverOpen: CloseInfo = { closeCode: 1006, closeReason: "", by: "us", clean: false, discarded: 0 }

/** How long a server that refused wants to be left alone. */
const askedToWait = (cause: LossCause): Duration.Duration | undefined =>
  cause._tag === "ConnectError" && cause.reason._tag === "HandshakeRejected" ? cause.reason.retryAfter : undefined
