/**
 * How a connection ended: decided once, told to everyone who waits, and followed by the destroyed socket.
 *
 * Those who receive messages get the failure itself; sends, pings and flushes get a `ConnectionClosed` with that failure as
 * its cause. `Goodbye` decides when a connection ends and how long that may take.
 */
import { CloseCode, type Endpoint } from "@effect-websocket/core"
import type { TransportError } from "@effect-websocket/transport"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { ClosedBy, CloseFrame, CloseInfo } from "../CloseInfo.ts"
import { type CloseCause, ConnectionClosed, MessageTooBig, ProtocolViolation, type ReceiveError } from "../Errors.ts"
import type { Inbox } from "./Inbox.ts"
import type { Outgoing } from "./Outgoing.ts"

export interface Parts {
  readonly endpoint: Endpoint.Endpoint<unknown>
  readonly inbox: Inbox<unknown, ReceiveError>
  readonly outgoing: Outgoing
  /** Nobody gets an answer to a ping any more. */
  endPings(closed: Closed): void
  /** Owns the byte stream: closing it destroys the socket. */
  readonly streamScope: Scope.Closeable
}

type Closed = Effect.Effect<never, ConnectionClosed>

/** How a connection ended, as far as its Close frames tell. */
type End = Omit<CloseInfo, "clean" | "discarded">

type Mutable<A> = { -readonly [K in keyof A]: A[K] }

export class Outcome {
  /** Undefined until the end is decided. */
  record: CloseInfo | undefined
  /** Why we are closing, if that is a failure. */
  reason: CloseCause | undefined
  /** We are closing in the middle of a message, so the end is not clean. */
  abandoned = false
  /** A write failed. What the peer sent before that may still be read. */
  writeFailure: TransportError | undefined

  private readonly parts: Parts
  private readonly endpoint: Endpoint.Endpoint<unknown>
  /** We began to close, or to fail the connection, before the peer's Close came. */
  private closedByUs = false
  /** What a send fails with before the end is decided: mostly nobody needs it. */
  private undecided: Closed | undefined
  private error: Closed | undefined
  private by: ClosedBy = "us"
  private cause: CloseCause | undefined
  /** What everything fails with once the end is decided. */
  private decided: Closed | undefined
  // Made when somebody waits, which is rare.
  private settled: Deferred.Deferred<void> | undefined
  private told: Deferred.Deferred<CloseInfo> | undefined
  private isTold = false
  private resumeLeaver: ((resume: Effect.Effect<CloseInfo>) => void) | undefined
  isDestroyed = false

  constructor(parts: Parts) {
    this.parts = parts
    this.endpoint = parts.endpoint
  }

  /** Succeeds once the end is known. */
  get ended(): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.record !== undefined) return Effect.void
      this.settled ??= Deferred.makeUnsafe()
      return Deferred.await(this.settled)
    })
  }

  /** Succeeds with the record once the socket is destroyed. */
  get closed(): Effect.Effect<CloseInfo> {
    return Effect.suspend(() => {
      if (this.isTold) return Effect.succeed(this.record!)
      this.told ??= Deferred.makeUnsafe()
      return Deferred.await(this.told)
    })
  }

  /** Like `closed`, for the fiber that leaves the scope. While it waits, `runInLeaver` may give it the end to run. */
  get closedForLeaver(): Effect.Effect<CloseInfo> {
    return Effect.callback<CloseInfo>((resume) => {
      if (this.isTold) return resume(this.closed)
      this.resumeLeaver = resume
      return Effect.sync(() => {
        this.resumeLeaver = undefined
      })
    })
  }

  /** If a fiber waits in `closedForLeaver`, has it run `end`, which then needs no fiber of its own, and returns true. */
  runInLeaver(end: Effect.Effect<void>): boolean {
    return this.wakeLeaver(Effect.map(end, () => this.record!))
  }

  private wakeLeaver(effect: Effect.Effect<CloseInfo>): boolean {
    const resume = this.resumeLeaver
    this.resumeLeaver = undefined
    resume?.(effect)
    return resume !== undefined
  }

  /** Our Close, or our answer to the peer's, was just encoded: nothing more is accepted for sending. */
  closing(): void {
    if (this.record !== undefined) return
    if (this.endpoint.closeSent !== undefined && this.endpoint.closeReceived === undefined) this.closedByUs = true
    this.failWith("us", this.fault)
  }

  /** A write failed. Reading goes on until it ends itself, or for as long as `Goodbye` allows. */
  writeFailed(failure: TransportError): void {
    if (this.record !== undefined || this.writeFailure !== undefined) return
    this.writeFailure = failure
    this.failWith("network", failure)
    this.parts.inbox.wake()
  }

  /**
   * The connection is over for the program: whoever waits learns why. Only the first call counts. `by` says who ended the
   * connection if no Close frame tells.
   */
  settle(by: ClosedBy, cause: CloseCause | undefined = this.fault): void {
    if (this.record !== undefined) return
    const { inbox, outgoing } = this.parts
    const end = this.end(by)
    const closed = failingWith(end, cause)
    this.decided = closed
    this.record = { ...end, clean: this.endpoint.state === "Closed", discarded: this.endpoint.discarded }
    this.endpoint.receiveEnd()
    outgoing.close(closed)
    this.parts.endPings(closed)
    const failure = isReceiveFailure(cause) ? Effect.fail(cause) : closed
    // Before consumers run, since they may ask whether the connection has ended.
    if (this.settled !== undefined) Deferred.doneUnsafe(this.settled, Effect.void)
    inbox.end({ some: failure, all: this.endsCleanly ? Cause.done() : failure })
    inbox.wake()
  }

  /** Settles and destroys at once, without a closing handshake. */
  giveUp(cause: CloseCause | undefined, by: ClosedBy = "us"): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.settle(by, cause)
      return Effect.map(this.destroy, () => this.tell())
    })
  }

  /** Gives up since the deadline has passed. If a write failed, that is the cause, unless there was another reason to close. */
  get outOfTime(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const { fault } = this
      if (fault !== undefined || this.writeFailure === undefined) return this.giveUp(fault)
      return this.giveUp(this.writeFailure, "network")
    })
  }

  /** Destroys the socket. Those who wait for that are told by `tell`. */
  get destroy(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.isDestroyed = true
      return Scope.close(this.parts.streamScope, Exit.void)
    })
  }

  /** The socket is destroyed: tells those who wait for that. */
  tell(): void {
    this.isTold = true
    if (this.told !== undefined) Deferred.doneUnsafe(this.told, this.closed)
    this.wakeLeaver(this.closed)
  }

  /** The failure of an operation that a broken byte stream ended. */
  broken(failure: TransportError): Closed {
    return this.decided ?? Effect.fail(closedError(this.end("network"), failure))
  }

  /** The failure that made us close, if there was one. */
  private get fault(): CloseCause | undefined {
    return this.reason ?? violationOf(this.endpoint)
  }

  /** How the connection ends, as far as is known now. */
  private end(by: ClosedBy): End {
    const { closeReceived, closeSent } = this.endpoint
    const end: Mutable<End> = {
      closeCode:
        closeReceived === undefined
          ? CloseCode.abnormalClosure
          : (closeReceived.closeCode ?? CloseCode.noStatusReceived),
      closeReason: closeReceived?.closeReason ?? "",
      by: this.closedByUs ? "us" : closeReceived === undefined ? by : "peer"
    }
    if (closeSent !== undefined) end.sent = frameOf(closeSent)
    if (closeReceived !== undefined) end.received = frameOf(closeReceived)
    return end
  }

  /** Nothing more is sent. From now on this is why, as far as is known. */
  private failWith(by: ClosedBy, cause: CloseCause | undefined): void {
    this.by = by
    this.cause = cause
    this.error = undefined
    this.parts.outgoing.close(this.failure)
  }

  /** Fails with what is known when it runs. */
  private get failure(): Closed {
    this.undecided ??= Effect.suspend(() => {
      if (this.decided !== undefined) return this.decided
      this.error ??= Effect.fail(closedError(this.end(this.by), this.cause))
      return this.error
    })
    return this.undecided
  }

  /** Whether a stream of messages ends without a failure: after our close, or if the peer's Close code is an ordinary one. */
  private get endsCleanly(): boolean {
    if (this.endpoint.state !== "Closed" || this.reason !== undefined || this.abandoned) return false
    return this.closedByUs || ordinary.has(this.endpoint.closeReceived?.closeCode ?? CloseCode.noStatusReceived)
  }
}

/**
 * Fails with this end. A Stream may keep it for long after the connection, so it does not refer to the `Outcome`. Mostly nobody
 * runs it, so the error is made for the first who does.
 */
const failingWith = (end: End, cause: CloseCause | undefined): Closed => {
  let error: Closed | undefined
  return Effect.suspend(() => {
    error ??= Effect.fail(closedError(end, cause))
    return error
  })
}

const closedError = (end: End, cause: CloseCause | undefined): ConnectionClosed =>
  new ConnectionClosed({ ...end, ...(cause && { cause }) })

const frameOf = ({ closeCode, closeReason }: { closeCode: number | undefined; closeReason: string }): CloseFrame =>
  closeCode === undefined ? { closeReason } : { closeCode, closeReason }

const violationOf = ({ failure }: Endpoint.Endpoint<unknown>): ProtocolViolation | MessageTooBig | undefined => {
  if (failure === undefined) return undefined
  return failure._tag === "ProtocolViolation" ? new ProtocolViolation(failure) : new MessageTooBig(failure)
}

/** A broken byte stream is reported as ConnectionClosed; other failures are reported as themselves. */
const isReceiveFailure = (cause: CloseCause | undefined): cause is Exclude<CloseCause, TransportError> =>
  cause !== undefined && cause._tag !== "TransportError"

const ordinary: ReadonlySet<number> = new Set([CloseCode.normal, CloseCode.goingAway, CloseCode.noStatusReceived])
