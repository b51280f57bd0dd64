/**
 * Hands a session what the log owes it: one fiber for each, so that order holds whoever appends, and so that a sender that
 * is interrupted has appended or not, and never half. A session that is stalled keeps only its own fiber waiting.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Connection } from "../Connection.ts"
import type { SendError } from "../Errors.ts"
import { Changes } from "./Changes.ts"
import type { ReplayLog } from "./ReplayLog.ts"

/** What a connection has that takes messages of type `Message`, whatever it delivers. */
export type Session = Pick<Connection<never>, "send">

interface Open {
  readonly session: Session
  /** The last number that was owed when it opened. */
  readonly upTo: number
  readonly caughtUp: Deferred.Deferred<void, SendError>
}

export class Replay {
  readonly log: ReplayLog
  private readonly scope: Scope.Scope
  private open: Open | undefined
  /** The log has changed, or another session follows. */
  private readonly work = new Changes()

  /** Sessions are served as long as the scope lasts. */
  constructor(log: ReplayLog, scope: Scope.Scope) {
    this.log = log
    this.scope = scope
  }

  /**
   * The session that follows. Succeeds when it has accepted what was in the log by now, or another one has followed and it
   * is asked for nothing more.
   */
  onto(session: Session): Effect.Effect<void, SendError> {
    return Effect.suspend(() => {
      const open: Open = { session, upTo: this.log.open(), caughtUp: Deferred.makeUnsafe() }
      this.open = open
      this.wake()
      const serving = Effect.forkIn(this.serve(open), this.scope, { startImmediately: true })
      return Effect.andThen(serving, Deferred.await(open.caughtUp))
    })
  }

  /** To be called after each change of the log. */
  wake(): void {
    this.work.changed()
  }

  /** When it is over, whoever waits learns that, and what it died with. */
  private serve(open: Open): Effect.Effect<void> {
    const step = Effect.suspend(() => this.step(open))
    return Effect.whileLoop({ while: () => this.open === open, body: () => step, step: () => {} }).pipe(
      Effect.onExit((exit) => Effect.sync(() => Deferred.doneUnsafe(open.caughtUp, exit)))
    )
  }

  private step(open: Open): Effect.Effect<void> {
    const { version } = this.work
    const entry = this.log.next()
    if (entry === undefined || entry.number > open.upTo) Deferred.doneUnsafe(open.caughtUp, Effect.void)
    if (entry === undefined) return this.work.after(version)
    return Effect.match(open.session.send(entry.message, entry.options), {
      onSuccess: () => {
        if (this.open === open) this.log.accepted(entry)
        else entry.sent = true
      },
      onFailure: (failure) => this.lost(open, failure)
    })
  }

  /**
   * The log keeps what it owed, for the session that follows. What is in the log is legal, so a session that refuses it
   * is of no more use than one that has ended.
   */
  private lost(open: Open, failure: SendError): void {
    Deferred.doneUnsafe(open.caughtUp, Effect.fail(failure))
    if (this.open !== open) return
    this.open = undefined
    this.log.close()
  }
}
