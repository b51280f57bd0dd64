/**
 * Sends a session what the log owes it. One fiber for each session does that, so the order is kept whoever appends, and an
 * interrupted sender has appended its message or not, but never half of it. A stalled session blocks only its own fiber.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Connection } from "../Connection.ts"
import type { SendError } from "../Errors.ts"
import { Changes } from "./Changes.ts"
import type { ReplayLog } from "./ReplayLog.ts"

/** A connection, as far as it is needed: whatever it delivers, it sends messages. */
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
  /** Changes when the log has changed, or another session follows. */
  private readonly work = new Changes()

  /** Sessions are served as long as the scope lasts. */
  constructor(log: ReplayLog, scope: Scope.Scope) {
    this.log = log
    this.scope = scope
  }

  /**
   * Sends to this session from now on, and no longer to the one before. Succeeds when it has accepted what is in the log now,
   * or when another session follows.
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

  /** Call this after each change of the log. */
  wake(): void {
    this.work.changed()
  }

  /** Serves the session until another one follows. Whoever waits in `onto` then learns that, and of a defect. */
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
   * The session did not accept a message. The log keeps what it owes for the next session. Messages in the log are legal, so
   * even a session that refuses one counts as ended.
   */
  private lost(open: Open, failure: SendError): void {
    Deferred.doneUnsafe(open.caughtUp, Effect.fail(failure))
    if (this.open !== open) return
    this.open = undefined
    this.log.close()
  }
}
