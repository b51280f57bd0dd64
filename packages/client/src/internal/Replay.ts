/**
 * Hands a session what the log owes it: one fiber, so that order holds whoever appends, and so that a sender that is
 * interrupted has appended or not, and never half.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { Connection } from "../Connection.ts"
import type { SendError } from "../Errors.ts"
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
  private open: Open | undefined
  private onWork: (() => void) | undefined

  constructor(log: ReplayLog) {
    this.log = log
  }

  /** The session that follows. Succeeds when it has accepted what was in the log by now. */
  onto(session: Session): Effect.Effect<void, SendError> {
    return Effect.suspend(() => {
      const caughtUp = Deferred.makeUnsafe<void, SendError>()
      this.open = { session, upTo: this.log.open(), caughtUp }
      this.wake()
      return Deferred.await(caughtUp)
    })
  }

  /** To be called after each change of the log. */
  wake(): void {
    const resume = this.onWork
    this.onWork = undefined
    resume?.()
  }

  readonly run: Effect.Effect<never> = Effect.suspend(() => {
    const { open } = this
    if (open === undefined) return this.work
    const entry = this.log.next()
    if (entry === undefined || entry.number > open.upTo) Deferred.doneUnsafe(open.caughtUp, Effect.void)
    if (entry === undefined) return this.work
    return Effect.match(open.session.send(entry.message, entry.options), {
      onSuccess: () => {
        if (this.open === open) this.log.accepted(entry)
        else entry.sent = true
      },
      onFailure: (failure) => this.lost(open, failure)
    })
  }).pipe(Effect.forever({ disableYield: true }))

  private readonly work: Effect.Effect<void> = Effect.callback<void>((resume) => {
    const wake = () => resume(Effect.void)
    this.onWork = wake
    return Effect.sync(() => {
      this.onWork = undefined
    })
  })

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
