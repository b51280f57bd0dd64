/**
 * The life of a long-lived client: attempt after attempt, a connection, a loss, a delay, until there will be no other.
 *
 * One fiber runs it and alone moves the phase and the status. Each connection is a value of its own, in a scope of its
 * own, and ended before the next is dialled. Whether and when there is a next one, `Reconnect` and the program decide.
 */
import * as Cause from "effect/Cause"
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
import { Control } from "./Control.ts"
import { type Ending, Losses, type LossParts, type Lost } from "./Losses.ts"
import * as Moment from "./Moment.ts"
import type { Up } from "./Phase.ts"
import * as Spans from "./Spans.ts"

export interface Parts<R> extends LossParts<R>, Pick<ClientFunctions<R>, "onOpen"> {
  readonly connect: Effect.Effect<Connection, ConnectError, R | Scope.Scope>
  readonly onOpenTimeout: Duration.Duration
  readonly closeTimeout: Duration.Duration
}

export class LongLived<R> {
  readonly control = new Control()
  private readonly parts: Parts<R>
  readonly losses: Losses<R>
  private generation = 0
  /** The connection there is, or that was lost and is not over yet. */
  private connection: Connection | undefined
  /** How the last connection ended. */
  private record: CloseInfo = neverOpen
  private readonly done = Deferred.makeUnsafe<CloseInfo>()

  constructor(parts: Parts<R>) {
    this.parts = parts
    this.losses = new Losses(parts, this.control)
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

  /** Succeeds once it is paused; also when it was resumed or stopped before that. */
  readonly pause: Effect.Effect<void> = Effect.suspend(() => {
    this.control.want({ _tag: "Pause" })
    return Effect.asVoid(this.control.until(() => (this.isPausing ? undefined : true)))
  })

  private get isPausing(): boolean {
    const { _tag } = this.parts.status.current
    return this.control.wanted._tag === "Pause" && _tag !== "Paused" && _tag !== "Stopped"
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
        this.losses.forget()
        yield* this.parts.status.set({ _tag: "Paused" })
        this.control.changed()
        yield* this.control.resumed
        continue
      }
      const ending = yield* Effect.acquireUseRelease(
        Scope.make(),
        (scope) => this.sessionAndLoss(scope),
        (scope) => Effect.andThen(Scope.close(scope, lost), this.recorded)
      )
      if (ending !== undefined) return ending
    }
  })

  /** The connection is over, if there was one. What it threw away while it closed nobody could take. */
  private readonly recorded: Effect.Effect<void> = Effect.suspend(() => {
    const { connection } = this
    this.connection = undefined
    if (connection === undefined) return Effect.void
    return Effect.map(connection.closed, (record) => {
      this.record = record
      this.parts.incoming.notTaken += record.discarded
    })
  })

  /** The next connection is not dialled before this one is over, but the wait for it begins at once. */
  private sessionAndLoss(scope: Scope.Closeable): Effect.Effect<Ending | undefined, never, R> {
    return Effect.flatMap(this.session(scope), (loss) => {
      if (loss === undefined) return Effect.sync(() => this.losses.forget())
      return Effect.map(
        Effect.all([this.losses.after(loss), Scope.close(scope, lost)], { concurrency: 2 }),
        ([ending]) => ending
      )
    })
  }

  /** One attempt, and the connection that comes of it. Answers its loss; undefined when the program ended it. */
  private session(scope: Scope.Closeable): Effect.Effect<Lost | undefined, never, R> {
    return Effect.gen({ self: this }, function* () {
      yield* this.parts.status.set({ _tag: "Connecting", attempt: this.losses.nextAttempt() })
      const dialled = yield* Effect.raceFirst(
        Effect.result(Scope.provide(this.connecting, scope)),
        this.control.stopped
      )
      if (!Result.isResult(dialled)) return undefined
      if (Result.isFailure(dialled)) return { cause: dialled.failure, generation: undefined, uptime: undefined }
      const connection = dialled.success
      this.connection = connection
      const generation = ++this.generation
      const failed = yield* this.onOpen(connection, scope)
      // Also when the program has thought better of it: `onOpen` did not come to its end.
      if (failed === unwanted || (failed === undefined && this.control.wanted._tag !== "Run")) {
        yield* this.goodbye(connection, scope)
        yield* this.remains(connection)
        return undefined
      }
      if (failed !== undefined) return { cause: failed, generation, uptime: undefined }
      return yield* this.open({ _tag: "Up", connection, generation }, scope)
    })
  }

  private get connecting(): Effect.Effect<Connection, ConnectError, R | Scope.Scope> {
    const { attempt, cause } = this.losses
    const { connect } = this.parts
    return cause === undefined ? connect : Spans.reconnecting(connect, { attempt, cause })
  }

  /**
   * What the program does first on each connection; while it runs, nobody else takes or sends. Answers why the connection
   * is of no use after it, or that the program wanted none any more before it was done; undefined when it is done.
   */
  private onOpen(
    connection: Connection,
    scope: Scope.Closeable
  ): Effect.Effect<LossCause | typeof unwanted | undefined, never, R> {
    const { onOpen, onOpenTimeout } = this.parts
    const { generation } = this
    if (onOpen === undefined) return Effect.void as Effect.Effect<undefined>
    const opening = Effect.suspend(() => onOpen(connection, generation)).pipe(
      Scope.provide(scope),
      Effect.matchCause({
        onSuccess: () => undefined,
        onFailure: (cause) => new OnOpenFailed({ generation, problem: problemOf(cause), cause: Cause.squash(cause) })
      }),
      Effect.tap((failed) =>
        failed?.problem === "died" ? Effect.logError("onOpen of a WebSocket client died", failed.cause) : Effect.void
      ),
      Effect.timeoutOrElse({
        duration: onOpenTimeout,
        orElse: () => Effect.succeed(new OnOpenFailed({ generation, problem: "timed out", timeout: onOpenTimeout }))
      })
    )
    const over = Effect.raceFirst(Effect.as(connection.ended, undefined), Effect.as(this.control.stopped, unwanted))
    return Effect.gen({ self: this }, function* () {
      const failed = yield* Effect.raceFirst(opening, over)
      return (yield* isOver(connection)) ? yield* this.remains(connection) : failed
    })
  }

  /** Messages flow, until the connection or the program ends that. */
  private open(up: Up, scope: Scope.Closeable): Effect.Effect<Lost | undefined> {
    return Effect.gen({ self: this }, function* () {
      const { clock, closeTimeout, outbox, phases, status } = this.parts
      const { connection, generation } = up
      const opened = Moment.now(clock)
      this.control.hurry = false
      const drain = outbox.drain(up)
      // Who is woken by the phase may look at the status.
      const told = status.set({ _tag: "Open", generation, since: clock.currentTimeMillisUnsafe() })
      phases.move(up)
      yield* told
      const draining = yield* Effect.forkChild(drain, { startImmediately: true })
      const byUs = yield* Effect.raceFirst(Effect.as(connection.ended, false), Effect.as(this.control.disturbed, true))
      const uptime = Duration.nanos(Moment.now(clock) - opened)
      if (byUs && !this.control.hurry) {
        const given = Effect.raceFirst(connection.ended, this.control.abandoned)
        yield* Effect.timeoutOption(Effect.raceFirst(outbox.emptied, given), closeTimeout)
      }
      // What the outbox hands over meanwhile, or has begun to, ends with the connection in its own way.
      if (byUs) yield* this.goodbye(connection, scope)
      yield* Fiber.interrupt(draining)
      const cause = yield* this.remains(connection)
      outbox.lose(byUs ? undefined : cause)
      phases.move({ _tag: "Down", cause: byUs ? undefined : cause })
      return byUs ? undefined : { cause, generation, uptime }
    })
  }

  /** Performs the closing handshake that the program asked for; in less time once it has left, or is in a hurry. */
  private goodbye(connection: Connection, scope: Scope.Closeable): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const { hurry, wanted } = this.control
      const [closeCode, closeReason] = wanted._tag === "Close" ? [wanted.closeCode, wanted.closeReason] : [1000, ""]
      const closing = Effect.as(Effect.orDie(connection.close(closeCode, closeReason)), undefined)
      // Who wants a new connection has mostly lost the old one: its peer is told, and waited for no longer than after a loss.
      const leaving: Effect.Effect<{ readonly exit: Exit.Exit<unknown, unknown> } | undefined> =
        hurry && wanted._tag === "Run"
          ? Effect.raceFirst(closing, Effect.succeed({ exit: lost }))
          : Effect.raceFirst(this.control.left, closing)
      const left = yield* leaving
      if (left !== undefined) yield* Scope.close(scope, left.exit)
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

  private stop({ by, cause }: Ending, defect?: Effect.Effect<never>): Effect.Effect<void> {
    return Effect.suspend(() => {
      const { outbox, phases, status } = this.parts
      const { discarded, clean, ...record } = this.record
      const some = defect ?? Effect.fail(cause ?? new ConnectionClosed({ ...record, by: "us" }))
      const told = status.set({ _tag: "Stopped", by, ...(cause && { cause }) })
      phases.move({ _tag: "Over", cause, some, all: by === "program" ? Cause.done() : some })
      outbox.stop(cause)
      return Effect.andThen(
        told,
        Effect.sync(() => {
          this.control.changed()
          Deferred.doneUnsafe(this.done, Effect.succeed(this.record))
        })
      )
    })
  }
}

/** The program wanted no connection any more. */
const unwanted = "unwanted" as const

const problemOf = (cause: Cause.Cause<unknown>) => (Cause.hasDies(cause) ? "died" : "failed")

const isOver = ({ ended }: Connection): Effect.Effect<boolean> =>
  Effect.raceFirst(Effect.as(ended, true), Effect.succeed(false))

/** The peer of a lost connection is not waited for longer than after a failure. What was left is not left again. */
const lost = Exit.fail("lost")

const neverOpen: CloseInfo = { closeCode: 1006, closeReason: "", by: "us", clean: false, discarded: 0 }
