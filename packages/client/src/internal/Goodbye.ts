/**
 * How a session comes to its end: because the program closes it or leaves its scope, because it is of no use any more or
 * nothing can be written, or because input means nothing any more. It decides what `core` leaves open about that: when a
 * deferred Close is due, and how long a goodbye may take. What the end is, and who learns of it, is `Outcome`'s.
 */
import { CloseCode, type Endpoint } from "@effect-websocket/core"
import type { ByteSink, ByteStream, TransportError } from "@effect-websocket/transport"
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { CloseInfo } from "../CloseInfo.ts"
import type { CloseCause, InvalidMessage } from "../Errors.ts"
import type { Settings } from "../Options.ts"
import type { Attendant, Attended, Call } from "./Attendant.ts"
import type { Inbox } from "./Inbox.ts"
import * as InvalidClose from "./InvalidClose.ts"
import * as Moment from "./Moment.ts"
import type { Outcome } from "./Outcome.ts"
import type { Outgoing } from "./Outgoing.ts"

/** What it needs of a session. */
export interface Ending extends Attended {
  readonly stream: ByteStream
  readonly attendant: Attendant
  readonly endpoint: Endpoint.Endpoint<unknown>
  readonly inbox: Pick<Inbox<unknown, unknown>, "awaitIdle" | "wake">
  readonly outgoing: Outgoing
  readonly outcome: Outcome
  readonly clock: Clock.Clock
  readonly deadlines: Settings["deadlines"]
  /** There is nothing more to wait for. */
  readonly isGone: boolean
  /** From now on what comes in goes there. */
  flow(sink: ByteSink): void
}

export class Goodbye implements Call, ByteSink {
  /** When the end comes at the latest, once there is a deadline for it. */
  at: Moment.Moment = Moment.never
  place: number | undefined
  private readonly session: Ending
  /** The peer's end of stream was read. */
  private readonly heardAll = Deferred.makeUnsafe<void>()

  constructor(session: Ending) {
    this.session = session
  }

  /** Begins the closing handshake and waits for its end, at most `closeTimeout`. */
  close(closeCode: number, closeReason: string): Effect.Effect<CloseInfo, InvalidMessage> {
    return Effect.suspend(() => {
      const invalid = this.session.endpoint.close(closeCode, closeReason)
      if (invalid !== undefined) return Effect.fail(InvalidClose.describe(invalid, closeCode))
      return this.closeWithin(this.session.deadlines.closeTimeout)
    })
  }

  /** The scope is left: RFC 6455 §7.4.1's code for how, and no longer a wait than that is worth. */
  leave(exit: Exit.Exit<unknown, unknown>): Effect.Effect<CloseInfo> {
    return Effect.suspend(() => {
      this.session.endpoint.close(leavingCode(exit), "")
      const { closeTimeout, interruptCloseTimeout } = this.session.deadlines
      this.beginClosing(Exit.isSuccess(exit) ? closeTimeout : interruptCloseTimeout)
      return this.session.outcome.left
    })
  }

  /** Fails the connection in the middle of a message (RFC 6455 §7.4.1), and waits for nothing. */
  get abandon(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const { deadlines, endpoint, outcome } = this.session
      if (!endpoint.sending) return Effect.void
      outcome.abandoned = true
      endpoint.close(CloseCode.internalError, "")
      this.beginClosing(deadlines.interruptCloseTimeout)
      return Effect.void
    })
  }

  /** The peer may be alive, but is of no use any more: it is told so, and not waited for long. */
  expire(cause: CloseCause): Effect.Effect<void> {
    return Effect.suspend(() => {
      const { deadlines, endpoint, outcome } = this.session
      outcome.reason = cause
      endpoint.close(CloseCode.goingAway, "")
      return this.closeWithin(deadlines.interruptCloseTimeout)
    })
  }

  /**
   * A write failed, so nobody learns of anything any more. The input most often ends at once; where it does not, what the
   * peer sent before, be it its Close, is read for as long as an answer to ours would be waited for.
   */
  writeFailed(failure: TransportError): void {
    this.session.outcome.writeFailed(failure)
    this.endWithin(this.session.deadlines.closeTimeout)
  }

  private closeWithin(timeout: Duration.Duration): Effect.Effect<CloseInfo> {
    this.beginClosing(timeout)
    return this.session.outcome.closed
  }

  /** Our Close was encoded: it goes out, and the peer has so long to answer it. */
  private beginClosing(timeout: Duration.Duration): void {
    const { inbox, outcome, outgoing } = this.session
    outcome.closing()
    outgoing.write()
    inbox.wake()
    this.endWithin(timeout)
  }

  /**
   * However the goodbye goes: by then the socket is destroyed, and whoever waits for it learns of that. The earliest
   * deadline holds.
   */
  private endWithin(timeout: Duration.Duration): void {
    const { attendant, clock, isGone } = this.session
    const at = Moment.now(clock) + Moment.nanos(timeout)
    if (isGone || at >= this.at) return
    attendant.unset(this)
    this.at = at
    attendant.set(this)
  }

  ring(): void {
    this.session.attendant.start(this.session, this.session.outcome.outOfTime)
  }

  /** There is nothing more to wait for. */
  stop(): void {
    this.session.attendant.unset(this)
  }

  /** Input means nothing any more. */
  get say(): Effect.Effect<void> {
    return this.session.endpoint.state === "Failing" ? Effect.andThen(this.fail, this.finish) : this.finish
  }

  /** The Close of a violation waits until earlier messages were dealt with, so that their answers leave first. */
  private get fail(): Effect.Effect<void> {
    const { deadlines, endpoint, inbox } = this.session
    return Effect.map(Effect.timeoutOption(inbox.awaitIdle, deadlines.closeTimeout), () => endpoint.fail())
  }

  /**
   * The Close arrives: everything is written and the write side ended, while input is read and thrown away, so that
   * no unread byte makes the kernel answer with a reset that would overtake the Close. Once both Close frames have
   * passed, or ours for a violation is out, an end of stream, a reset and silence all mean the same.
   */
  private get finish(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const { deadlines, endpoint, outcome, outgoing } = this.session
      if (endpoint.closeSent === undefined) return outcome.destroy
      outcome.closing()
      outgoing.write()
      outcome.settle("us", undefined)
      this.endWithin(deadlines.closeTimeout)
      return Effect.andThen(this.drainBothWays, outcome.destroy)
    })
  }

  private get drainBothWays(): Effect.Effect<void> {
    const { stream } = this.session
    this.session.flow(this)
    return Effect.andThen(Effect.exit(stream.shutdown), Deferred.await(this.heardAll))
  }

  // What comes in after the end is thrown away.

  take(): boolean {
    return true
  }

  ended(): void {
    Deferred.doneUnsafe(this.heardAll, Effect.void)
  }
}

const leavingCode = (exit: Exit.Exit<unknown, unknown>): number => {
  if (Exit.isSuccess(exit)) return CloseCode.normal
  return Cause.hasInterruptsOnly(exit.cause) ? CloseCode.goingAway : CloseCode.internalError
}
