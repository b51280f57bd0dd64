/**
 * A session: one open connection from the first byte after the opening handshake to the destroyed socket.
 *
 * It moves bytes between the byte stream and the protocol's endpoint, messages between the endpoint and the inbox, and
 * decides what `core` leaves open: when reading stops, when a deferred Close is due, and how long ending may take. It
 * never outlives the scope that its fibers run in.
 */
import { CloseCode, type Endpoint, InvalidMessage as Invalid } from "@effect-websocket/core"
import type { ByteStream, TransportError } from "@effect-websocket/transport"
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { ClosedBy, CloseFrame, CloseInfo } from "../CloseInfo.ts"
import {
  type CloseCause,
  ConnectionClosed,
  InvalidMessage,
  MessageTooBig,
  ProtocolViolation,
  type ReceiveError,
  type SendError,
  Stalled
} from "../Errors.ts"
import { Inbox } from "./Inbox.ts"
import { Outgoing } from "./Outgoing.ts"
import { type PendingPing, Pings } from "./Pings.ts"

export interface Settings {
  readonly inboxMessages: number
  readonly inboxBytes: number
  readonly closeTimeout: Duration.Duration
  readonly interruptCloseTimeout: Duration.Duration
  readonly stallTimeout: Duration.Duration
}

export class Session {
  readonly stream: ByteStream
  readonly endpoint: Endpoint.Endpoint
  readonly inbox: Inbox<ReceiveError>
  readonly outgoing: Outgoing
  readonly pings: Pings
  /** When the last bytes came: nanoseconds of the monotonic clock. */
  lastReadAt: bigint

  private readonly settings: Settings
  private readonly clock: Clock.Clock
  /** Owns the session's fibers. */
  private readonly scope: Scope.Scope
  /** Owns the byte stream: closing it destroys the socket. */
  private readonly streamScope: Scope.Closeable
  private readonly ended = Deferred.makeUnsafe<CloseInfo>()
  private record: CloseInfo | undefined
  /** Set once we begin to close or to fail the connection before the peer did. */
  private closedByUs = false
  /** A write failed; what the peer sent before may still wait to be read. */
  private writeFailure: TransportError | undefined

  constructor(options: {
    readonly stream: ByteStream
    readonly endpoint: Endpoint.Endpoint
    readonly settings: Settings
    readonly clock: Clock.Clock
    readonly scope: Scope.Scope
    readonly streamScope: Scope.Closeable
  }) {
    this.stream = options.stream
    this.endpoint = options.endpoint
    this.settings = options.settings
    this.clock = options.clock
    this.scope = options.scope
    this.streamScope = options.streamScope
    this.inbox = new Inbox(options.settings)
    this.outgoing = new Outgoing(options.stream, options.endpoint)
    this.pings = new Pings(options.clock)
    this.lastReadAt = options.clock.currentTimeNanosUnsafe()
  }

  /** The whole life: reads until input means nothing any more, then ends the connection. `first` was read already. */
  run(first: Uint8Array, keepAlive: Effect.Effect<void>): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      yield* Effect.forkChild(this.writer, { startImmediately: true })
      yield* Effect.forkChild(keepAlive, { startImmediately: true })
      if (first.length > 0) yield* this.take([first])
      yield* this.readAll
      yield* this.failWhenDue
      yield* this.finish
    }).pipe(
      Effect.tapDefect((defect) => Effect.logError("A WebSocket session died", defect)),
      Effect.onExit(() => this.abort)
    )
  }

  /** Sends a ping when it is its turn, and succeeds with the round-trip time when its pong, or a later one, came. */
  ping(payload: Uint8Array | undefined): Effect.Effect<Duration.Duration, SendError> {
    return Effect.suspend((): Effect.Effect<Duration.Duration, SendError> => {
      const invalid = payload && Invalid.ofControlPayload(payload)
      if (invalid !== undefined) return Effect.fail(new InvalidMessage({ ...invalid, actual: payload!.length }))
      const ping = this.pings.make(payload)
      return Effect.andThen(this.sendPing(ping), Deferred.await(ping.pong)).pipe(
        Effect.onExit(() => Effect.sync(() => this.pings.forget(ping)))
      )
    })
  }

  /** Succeeds when the ping was handed to the kernel. */
  sendPing(ping: PendingPing): Effect.Effect<void, ConnectionClosed> {
    const encode = () => {
      this.endpoint.ping(ping.payload)
      this.pings.sent(ping)
      return true
    }
    return Effect.andThen(this.outgoing.submit(encode), this.flush).pipe(Effect.map(() => this.pings.flushed(ping)))
  }

  /** An unsolicited pong (RFC 6455 §5.5.3). */
  pong(payload: Uint8Array): Effect.Effect<void, SendError> {
    return Effect.suspend((): Effect.Effect<void, SendError> => {
      const invalid = Invalid.ofControlPayload(payload)
      if (invalid !== undefined) return Effect.fail(new InvalidMessage({ ...invalid, actual: payload.length }))
      const own = payload.slice()
      return this.outgoing.submit(() => {
        this.endpoint.pong(own)
        return true
      })
    })
  }

  /** Everything accepted so far was handed to the kernel. */
  readonly flush: Effect.Effect<void, ConnectionClosed> = Effect.suspend(() => this.outgoing.flush).pipe(
    Effect.catchTag("TransportError", (failure) => Effect.fail(this.connectionClosed(failure, "network")))
  )

  // ---- ending on request

  /** Begins the closing handshake and waits for its end, at most `closeTimeout`. */
  close(closeCode: number, closeReason: string): Effect.Effect<CloseInfo, InvalidMessage> {
    return Effect.suspend(() => {
      const invalid = this.endpoint.close(closeCode, closeReason)
      if (invalid !== undefined) return Effect.fail(new InvalidMessage(invalid))
      return this.closeWithin(this.settings.closeTimeout)
    })
  }

  /** The scope is left: RFC 6455 §7.4.1's code for how, and no longer a wait than that is worth. */
  leave(exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.endpoint.close(leavingCode(exit), "")
      return this.closeWithin(Exit.isSuccess(exit) ? this.settings.closeTimeout : this.settings.interruptCloseTimeout)
    })
  }

  /** Destroys the connection at once. */
  readonly abort: Effect.Effect<void> = Effect.suspend(() => this.giveUp(undefined))

  /** The peer is dead, or as good as: no closing handshake. */
  giveUp(cause: CloseCause | undefined): Effect.Effect<void> {
    this.settle("us", cause)
    return this.destroy
  }

  /** Succeeds with the record once the socket is destroyed. */
  readonly closed: Effect.Effect<CloseInfo> = Deferred.await(this.ended)

  /** Still open in both directions, as far as we know. */
  get open(): boolean {
    return this.endpoint.state === "Open"
  }

  private closeWithin(timeout: Duration.Duration): Effect.Effect<CloseInfo> {
    if (this.record === undefined) {
      this.noteOurClose()
      this.outgoing.close(Effect.fail(this.connectionClosed(undefined)))
      this.outgoing.write()
      this.inbox.wake()
    }
    const deadline = Effect.raceFirst(
      Effect.flatMap(Effect.sleep(timeout), () => this.giveUp(undefined)),
      Deferred.await(this.ended)
    )
    return Effect.flatMap(Effect.forkIn(deadline, this.scope), () => Deferred.await(this.ended))
  }

  private noteOurClose(): void {
    if (this.endpoint.state === "CloseSent" || this.endpoint.state === "Failed") this.closedByUs = true
  }

  // ---- reading

  private readonly readAll: Effect.Effect<void> = Effect.suspend(() =>
    Effect.whileLoop({ while: () => this.endpoint.receiving, body: () => this.readOne, step: () => {} })
  )

  private readonly readOne: Effect.Effect<void> = Effect.suspend(() => this.stream.pull).pipe(
    Effect.flatMap((chunks) => this.take(chunks)),
    Effect.catch((end) => Effect.sync(() => this.inputEnded(Cause.isDone(end) ? this.writeFailure : end)))
  )

  private inputEnded(failure: TransportError | undefined): void {
    this.endpoint.receiveEnd()
    this.settle("network", failure)
  }

  /** Decodes one read. */
  private take(chunks: NonEmptyReadonlyArray<Uint8Array>): Effect.Effect<void> {
    this.lastReadAt = this.clock.currentTimeNanosUnsafe()
    return this.takeFrom(chunks, 0)
  }

  private takeFrom(chunks: NonEmptyReadonlyArray<Uint8Array>, index: number): Effect.Effect<void> {
    for (let i = index; i < chunks.length; i++) {
      this.endpoint.receive(chunks[i]!)
      if (!this.decode()) return Effect.flatMap(this.decodeRest, () => this.takeFrom(chunks, i + 1))
    }
    return Effect.void
  }

  /** Decodes until the chunk is used up, or answers false when there is no room for more. */
  private decode(): boolean {
    let usedUp = false
    while (!usedUp) {
      const room = this.inbox.room()
      if (room.messages <= 0 || room.bytes <= 0) {
        // Nobody takes messages, but our Close is out: look on for the peer's (RFC 6455 §7.1.2).
        if (this.endpoint.state !== "CloseSent") break
        this.endpoint.discard()
        usedUp = true
      } else {
        const messages: Array<string | Uint8Array> = []
        usedUp = this.endpoint.read(messages, room)
        if (messages.length > 0) this.inbox.deliver(messages)
      }
    }
    this.afterDecoding()
    return usedUp
  }

  private readonly decodeRest: Effect.Effect<void> = Effect.suspend(() => {
    const wait = Effect.raceFirst(this.inbox.awaitRoom, this.stall)
    return Effect.flatMap(wait, () => {
      if (this.inbox.full && this.writeFailure !== undefined) this.inputEnded(this.writeFailure)
      return this.decode() ? Effect.void : this.decodeRest
    })
  })

  private afterDecoding(): void {
    for (const control of this.endpoint.controls.splice(0)) {
      if (control._tag === "Pong") this.pings.pong(control.payload)
    }
    this.outgoing.write()
    if (this.endpoint.state === "Closed") this.settle(this.closedByUs ? "us" : "peer", undefined)
  }

  /** While nobody reads on either side, no write makes progress: two full buffers wait for each other. */
  private readonly stall: Effect.Effect<void> = Effect.suspend(() => {
    const before = this.stream.unflushedBytes()
    return Effect.flatMap(Effect.sleep(this.settings.stallTimeout), () =>
      before > 0 && this.stream.unflushedBytes() === before
        ? this.giveUp(new Stalled({ stallTimeout: this.settings.stallTimeout }))
        : this.stall
    )
  })

  // ---- writing

  private readonly writer: Effect.Effect<void> = Effect.suspend(() => this.outgoing.run).pipe(
    Effect.catch((failure) =>
      Effect.sync(() => {
        this.writeFailure = failure
        this.outgoing.close(Effect.fail(this.connectionClosed(failure, "network")))
        this.inbox.wake()
      })
    )
  )

  // ---- the end

  /** The Close of a violation waits until earlier messages were dealt with, so that their answers leave first. */
  private readonly failWhenDue: Effect.Effect<void> = Effect.suspend(() => {
    if (this.endpoint.state !== "Failing") return Effect.void
    return Effect.map(Effect.timeoutOption(this.inbox.awaitIdle, this.settings.closeTimeout), () => {
      this.endpoint.fail()
    })
  })

  /**
   * The Close arrives: everything is written and the write side ended, while input is read and thrown away, so that
   * no unread byte makes the kernel answer with a reset that would overtake the Close. Once both Close frames have
   * passed, or ours for a violation is out, an end of stream, a reset and silence all mean the same.
   */
  private readonly finish: Effect.Effect<void> = Effect.suspend(() => {
    this.noteOurClose()
    if (this.endpoint.state === "Lost") return this.destroy
    this.outgoing.write()
    this.settle("us", failureOf(this.endpoint))
    const writeAll = Effect.andThen(this.stream.flushed, this.stream.shutdown)
    const readAll = Effect.forever(this.stream.pull, { disableYield: true })
    return Effect.all([Effect.exit(writeAll), Effect.exit(readAll)], { concurrency: 2, discard: true }).pipe(
      Effect.timeoutOption(this.settings.closeTimeout),
      Effect.andThen(this.destroy)
    )
  })

  private readonly destroy: Effect.Effect<void> = Effect.suspend(() =>
    Effect.andThen(Scope.close(this.streamScope, Exit.void), Deferred.succeed(this.ended, this.record!))
  )

  /** The connection is over for the program: whoever waits learns why. The first call counts. */
  private settle(by: ClosedBy, cause: CloseCause | undefined): void {
    if (this.record !== undefined) return
    const error = this.connectionClosed(cause, by)
    const { cause: _, ...fields } = error
    this.record = {
      closeCode: error.closeCode,
      closeReason: error.closeReason,
      by,
      clean: this.endpoint.state === "Closed",
      ...(fields.sent && { sent: fields.sent }),
      ...(fields.received && { received: fields.received }),
      discarded: this.endpoint.discarded
    }
    this.endpoint.receiveEnd()
    const closed = Effect.fail(error)
    this.outgoing.close(closed)
    this.pings.close(closed)
    const failure = Effect.fail(isReceiveFailure(cause) ? cause : error)
    this.inbox.end({ some: failure, all: this.cleanEnd ? Cause.done() : failure })
    this.inbox.wake()
  }

  /** A stream of messages ends: after our close, or when the peer's Close is an ordinary goodbye. */
  private get cleanEnd(): boolean {
    if (this.endpoint.state !== "Closed") return false
    return this.closedByUs || ordinary.has(this.endpoint.closeReceived?.closeCode ?? CloseCode.noStatusReceived)
  }

  private connectionClosed(cause: CloseCause | undefined, by: ClosedBy = "us"): ConnectionClosed {
    const { closeReceived, closeSent } = this.endpoint
    return new ConnectionClosed({
      closeCode:
        closeReceived === undefined
          ? CloseCode.abnormalClosure
          : (closeReceived.closeCode ?? CloseCode.noStatusReceived),
      closeReason: closeReceived?.closeReason ?? "",
      by,
      ...(closeSent && { sent: frameOf(closeSent) }),
      ...(closeReceived && { received: frameOf(closeReceived) }),
      ...(cause && { cause })
    })
  }
}

const frameOf = ({ closeCode, closeReason }: { closeCode: number | undefined; closeReason: string }): CloseFrame =>
  closeCode === undefined ? { closeReason } : { closeCode, closeReason }

const failureOf = ({ failure }: Endpoint.Endpoint): ProtocolViolation | MessageTooBig | undefined =>
  failure === undefined
    ? undefined
    : failure._tag === "ProtocolViolation"
      ? new ProtocolViolation(failure)
      : new MessageTooBig(failure)

/** A lost byte stream is told as ConnectionClosed; the other failures are told as themselves. */
const isReceiveFailure = (cause: CloseCause | undefined): cause is Exclude<CloseCause, TransportError> =>
  cause !== undefined && cause._tag !== "TransportError"

const leavingCode = (exit: Exit.Exit<unknown, unknown>): number => {
  if (Exit.isSuccess(exit)) return CloseCode.normal
  return Cause.hasInterruptsOnly(exit.cause) ? CloseCode.goingAway : CloseCode.internalError
}

const ordinary: ReadonlySet<number> = new Set([CloseCode.normal, CloseCode.goingAway, CloseCode.noStatusReceived])
