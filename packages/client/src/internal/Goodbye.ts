/**
 * How a session is brought to its end: the program closes it or leaves its scope, the peer is silent for too long, a write
 * fails, or input means nothing any more. It decides what `core` leaves open: when a deferred Close is due, and how long a
 * goodbye may take. `Outcome` decides what the end was and tells those who wait.
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
import type { Alarm, Attendant, Attended } from "./Attendant.ts"
import type { Inbox } from "./Inbox.ts"
import * as InvalidClose from "./InvalidClose.ts"
import * as Moment from "./Moment.ts"
import type { Outcome } from "./Outcome.ts"
import type { Outgoing } from "./Outgoing.ts"

/** What it needs from a session. */
export interface Ending extends Attended {
  readonly stream: ByteStream
  readonly attendant: Attendant
  readonly endpoint: Endpoint.Endpoint<unknown>
  readonly inbox: Pick<Inbox<unknown, unknown>, "awaitIdle" | "wake">
  readonly outgoing: Outgoing
  readonly outcome: Outcome
  readonly clock: Clock.Clock
  readonly deadlines: Settings["deadlines"]
  /** The session was forgotten, so no deadline is needed. */
  readonly isGone: boolean
  /** From now on, incoming bytes go to this sink. */
  flow(sink: ByteSink): void
}

export class Goodbye implements Alarm, ByteSink {
  /** The deadline, once there is one. */
  at: Moment.Moment = Moment.never
  index: number | undefined
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

  /** The program leaves the scope: its exit decides the code (RFC 6455 §7.4.1) and how long to wait for the peer. */
  leave(exit: Exit.Exit<unknown, unknown>): Effect.Effect<CloseInfo> {
    return Effect.suspend(() => {
      this.session.endpoint.close(leavingCode(exit), "")
      const { closeTimeout, interruptCloseTimeout } = this.session.deadlines
      this.beginClosing(Exit.isSuccess(exit) ? closeTimeout : interruptCloseTimeout)
      return this.session.outcome.closedForLeaver
    })
  }

  /** Fails the connection in the middle of a message (RFC 6455 §7.4.1), without waiting for the end. */
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

  /** The peer may be alive, but is silent for too long: sends a Close and does not wait long for the answer. */
  expire(cause: CloseCause): Effect.Effect<void> {
    return Effect.suspend(() => {
      const { deadlines, endpoint, outcome } = this.session
      outcome.reason = cause
      endpoint.close(CloseCode.goingAway, "")
      return this.closeWithin(deadlines.interruptCloseTimeout)
    })
  }

  /**
   * A write failed, so the peer gets nothing any more. Mostly the input ends at once too. If not, reading goes on for at most
   * `closeTimeout`, since the peer may have sent its Close before.
   */
  writeFailed(failure: TransportError): void {
    this.session.outcome.writeFailed(failure)
    this.endWithin(this.session.deadlines.closeTimeout)
  }

  private closeWithin(timeout: Duration.Duration): Effect.Effect<CloseInfo> {
    this.beginClosing(timeout)
    return this.session.outcome.closed
  }

  /** Our Close was encoded: writes it, and gives the peer this long to answer. */
  private beginClosing(timeout: Duration.Duration): void {
    const { inbox, outcome, outgoing } = this.session
    outcome.closing()
    outgoing.write()
    inbox.wake()
    this.endWithin(timeout)
  }

  /** At the deadline the socket is destroyed, whatever has happened until then. The earliest deadline counts. */
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

  /** The session has ended: drops the deadline. */
  stop(): void {
    this.session.attendant.unset(this)
  }

  /** Ends the connection, since input means nothing any more. */
  get say(): Effect.Effect<void> {
    return this.session.endpoint.state === "Failing" ? Effect.andThen(this.fail, this.finish) : this.finish
  }

  /** The Close for a violation waits until earlier messages were handled, so that the program's answers to them leave first. */
  private get fail(): Effect.Effect<void> {
    const { deadlines, endpoint, inbox } = this.session
    return Effect.map(Effect.timeoutOption(inbox.awaitIdle, deadlines.closeTimeout), () => endpoint.fail())
  }

  /**
   * Makes sure that our Close arrives: writes everything and ends the write side, and meanwhile reads and discards input. An
   * unread byte would make the kernel send a reset, which can destroy the Close on its way. Once both Close frames have
   * passed, or ours for a violation is sent, an end of stream, a reset and silence all mean the same.
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
    const shutdown = Effect.exit(stream.shutdown)
    const heardAll = Deferred.await(this.heardAll)
    if (stream.shutdownUnsafe === undefined) return Effect.andThen(shutdown, heardAll)
    // Mostly our end of stream was handed to the kernel before the peer's comes: the fiber waits once, not twice.
    stream.shutdownUnsafe()
    return Effect.andThen(heardAll, shutdown)
  }

  // As a sink, it discards what comes after the end.

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
