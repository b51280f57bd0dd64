/**
 * The life of a long-lived client: an attempt, a connection, a loss, a delay, and again, until the client stops.
 *
 * One fiber runs it, and only that fiber changes the phase and the status. Each connection has its own scope and has ended
 * before the next one is dialled. `Losses` decides whether and when there is a next one.
 */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import type { LossCause } from "../ClientErrors.ts"
import type { ClientFunctions } from "../ClientOptions.ts"
import type { CloseInfo } from "../CloseInfo.ts"
import type { ConnectError } from "../ConnectError.ts"
import type { Connection } from "../Connection.ts"
import { ConnectionClosed } from "../Errors.ts"
import type { Status } from "../Status.ts"
import * as ClientGoodbye from "./ClientGoodbye.ts"
import { Intent } from "./Intent.ts"
import { type Ending, Losses, type LossParts, type Lost } from "./Losses.ts"
import * as Moment from "./Moment.ts"
import * as OnOpen from "./OnOpen.ts"
import type { Up } from "./Phase.ts"
import * as Spans from "./Spans.ts"

export interface Parts<R>
  extends LossParts<R>,
    Omit<ClientGoodbye.Parts, "outbox">,
    Pick<ClientFunctions<R>, "onOpen"> {
  readonly connect: Effect.Effect<Connection, ConnectError, R | Scope.Scope>
  readonly onOpenTimeout: Duration.Duration
}

export class LongLived<R> {
  readonly intent = new Intent()
  private readonly parts: Parts<R>
  readonly losses: Losses<R>
  private generation = 0
  /** The current connection, which may be lost already but has not closed yet. */
  private connection: Connection | undefined
  /** How the last connection ended. */
  private record: CloseInfo = neverOpen
  private readonly done = Deferred.makeUnsafe<CloseInfo>()

  constructor(parts: Parts<R>) {
    this.parts = parts
    this.losses = new Losses(parts, this.intent)
  }

  /** Succeeds once the client has stopped. */
  readonly ended: Effect.Effect<CloseInfo> = Deferred.await(this.done)

  close(closeCode: number, closeReason: string): Effect.Effect<CloseInfo> {
    return Effect.suspend(() => {
      this.intent.want({ _tag: "Close", closeCode, closeReason })
      return this.ended
    })
  }

  /** The program left the client's scope. */
  leave(exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.intent.want({ _tag: "Leave", exit })
      return Effect.asVoid(this.ended)
    })
  }

  /** Succeeds once the client is paused, or was resumed or stopped before that. */
  readonly pause: Effect.Effect<void> = Effect.suspend(() => {
    this.intent.want({ _tag: "Pause" })
    return Effect.asVoid(this.intent.until(() => (this.isPausing ? undefined : true)))
  })

  private get isPausing(): boolean {
    const { _tag } = this.parts.status.current
    if (this.intent.wanted._tag !== "Pause" || _tag === "Stopped") return false
    // The status is told before the connection's scope has closed.
    return _tag !== "Paused" || this.connection !== undefined
  }

  readonly run: Effect.Effect<void, never, R> = Effect.suspend(() => this.attempts).pipe(
    Effect.flatMap((ending) => this.stop(ending)),
    // Nobody observes this fiber, so a defect of one of the program's functions is passed on to all who wait.
    Effect.onError((cause) => {
      if (Cause.hasInterruptsOnly(cause)) return this.stop({ by: "program", cause: undefined })
      const stop = this.stop({ by: "defect", cause: undefined }, Effect.failCause(cause))
      return Effect.andThen(Effect.logError("A WebSocket client died", cause), stop)
    })
  )

  private readonly attempts: Effect.Effect<Ending, never, R> = Effect.gen({ self: this }, function* () {
    while (true) {
      const { wanted } = this.intent
      if (wanted._tag === "Close" || wanted._tag === "Leave") return { by: "program", cause: undefined }
      if (wanted._tag === "Pause") {
        this.losses.reset()
        yield* this.parts.status.update({ _tag: "Paused" })
        this.intent.changed()
        yield* this.intent.resumed
        continue
      }
      const ending = yield* Effect.acquireUseRelease(
        Scope.make(),
        (scope) => this.sessionAndLoss(scope),
        (scope) => Effect.andThen(Scope.close(scope, ClientGoodbye.lossExit), this.recorded)
      )
      if (ending !== undefined) return ending
    }
  })

  /** Records how the connection ended, if there was one. Messages that it discarded while closing count as not taken. */
  private readonly recorded: Effect.Effect<void> = Effect.suspend(() => {
    const { connection } = this
    this.connection = undefined
    if (connection === undefined) return Effect.void
    return Effect.map(connection.closed, (record) => {
      this.record = record
      this.parts.incoming.notTaken += record.discarded
    })
  })

  /** The delay before the next attempt begins at once, but the attempt itself waits until this connection is closed. */
  private sessionAndLoss(scope: Scope.Closeable): Effect.Effect<Ending | undefined, never, R> {
    return Effect.flatMap(this.session(scope), (loss) => {
      if (loss === undefined) return Effect.sync(() => this.losses.reset())
      return Effect.map(
        Effect.all([this.losses.after(loss), Scope.close(scope, ClientGoodbye.lossExit)], { concurrency: 2 }),
        ([ending]) => ending
      )
    })
  }

  /** One attempt and its connection. Returns how that was lost; undefined if the program ended it. */
  private session(scope: Scope.Closeable): Effect.Effect<Lost | undefined, never, R> {
    return Effect.gen({ self: this }, function* () {
      yield* this.parts.status.update({ _tag: "Connecting", attempt: this.losses.nextAttempt() })
      const dialled = yield* Effect.raceFirst(Effect.result(Scope.provide(this.connecting, scope)), this.intent.stopped)
      if (!Result.isResult(dialled)) return undefined
      if (Result.isFailure(dialled)) return { cause: dialled.failure, generation: undefined, uptime: undefined }
      const connection = dialled.success
      this.connection = connection
      const generation = ++this.generation
      const failed = yield* this.onOpen(connection, scope)
      // The program asked for something else meanwhile, even if `onOpen` has finished.
      if (failed === unwanted || (failed === undefined && this.intent.wanted._tag !== "Run")) {
        yield* ClientGoodbye.close(connection, scope, this.intent)
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
   * Runs `onOpen` until it is done, the connection has ended, or the program stops or pauses the client. Nobody else receives
   * or sends on the connection meanwhile. Returns undefined if it succeeded, `unwanted`, or why the connection is lost.
   */
  private onOpen(
    connection: Connection,
    scope: Scope.Closeable
  ): Effect.Effect<LossCause | typeof unwanted | undefined, never, R> {
    const { onOpen, onOpenTimeout } = this.parts
    const { generation } = this
    if (onOpen === undefined) return Effect.void as Effect.Effect<undefined>
    const opening = OnOpen.run(onOpen, { connection, generation, scope, timeout: onOpenTimeout })
    const over = Effect.raceFirst(Effect.as(connection.ended, undefined), Effect.as(this.intent.stopped, unwanted))
    return Effect.gen({ self: this }, function* () {
      const failed = yield* Effect.raceFirst(opening, over)
      return (yield* isOver(connection)) ? yield* this.remains(connection) : failed
    })
  }

  /** Messages flow until the connection is lost, or the program wants something else. */
  private open(up: Up, scope: Scope.Closeable): Effect.Effect<Lost | undefined> {
    return Effect.gen({ self: this }, function* () {
      const { clock, outbox, phases, status } = this.parts
      const { connection, generation } = up
      const opened = Moment.now(clock)
      this.intent.hurry = false
      const drain = outbox.drain(up)
      // The phase wakes others, who may look at the status, so the status is set first. Followers hear of it after both.
      status.current = { _tag: "Open", generation, since: clock.currentTimeMillisUnsafe() }
      phases.move(up)
      yield* status.publish
      const draining = yield* Effect.forkChild(drain, { startImmediately: true })
      const byUs = yield* Effect.raceFirst(Effect.as(connection.ended, false), Effect.as(this.intent.disturbed, true))
      const uptime = Moment.duration(Moment.now(clock) - opened)
      // The outbox goes on draining until the connection is closed, which decides what it still accepts.
      if (byUs) yield* ClientGoodbye.sendAndClose(connection, scope, this.intent, this.parts)
      yield* Fiber.interrupt(draining)
      const ended = yield* this.remains(connection)
      const cause = byUs ? undefined : ended
      if (cause !== undefined) this.losses.held(uptime)
      // Fates and the phase wake others, who may look at the status. Followers hear of it once it is decided what follows.
      status.current = cause === undefined ? this.unasked : this.losses.deciding(cause)
      outbox.lose(cause)
      phases.move({ _tag: "Down", cause, isLast: status.current._tag === "Stopped" })
      return cause && { cause, generation, uptime }
    })
  }

  /** What the client comes to once the program has ended a connection. */
  private get unasked(): Status {
    switch (this.intent.wanted._tag) {
      case "Run":
        return { _tag: "Connecting", attempt: 1 }
      case "Pause":
        return { _tag: "Paused" }
      default:
        return { _tag: "Stopped", by: "program" }
    }
  }

  /** Keeps the messages that an ended connection still holds. Returns why it ended. */
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
      status.current = { _tag: "Stopped", by, ...(cause && { cause }) }
      phases.move({ _tag: "Over", cause, some, all: by === "program" ? Cause.done() : some })
      outbox.stop(cause)
      return Effect.andThen(
        status.publish,
        Effect.sync(() => {
          this.intent.changed()
          Deferred.doneUnsafe(this.done, Effect.succeed(this.record))
        })
      )
    })
  }
}

/** The program does not want a connection any more. */
const unwanted = "unwanted" as const

const isOver = ({ ended }: Connection): Effect.Effect<boolean> =>
  Effect.raceFirst(Effect.as(ended, true), Effect.succeed(false))

const neverOpen: CloseInfo = { closeCode: 1006, closeReason: "", by: "us", clean: false, discarded: 0 }
