/**
 * A session: one open connection, from the first byte after the opening handshake to the destroyed socket.
 *
 * It composes receiving (`Reader`, `Inbox`), sending (`Outgoing`), pings, and the end: how the connection is brought to it
 * (`Goodbye`) and what it was (`Outcome`). A session never outlives the scope that its fibers run in.
 */
import type { Endpoint } from "@effect-websocket/core"
import type { ByteSink, ByteStream } from "@effect-websocket/transport"
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import type { Stream } from "effect/Stream"
import type { Message, SendOptions } from "../Connection.ts"
import { type ConnectionClosed, type ReceiveError, type SendError, Stalled } from "../Errors.ts"
import type { Settings } from "../Options.ts"
import type { Attendant, Attended } from "./Attendant.ts"
import { Goodbye } from "./Goodbye.ts"
import { Idle } from "./Idle.ts"
import { Inbox } from "./Inbox.ts"
import { KeepAlive } from "./KeepAlive.ts"
import type { Counts, Source, Watch } from "./Meter.ts"
import { Outcome } from "./Outcome.ts"
import { Outgoing } from "./Outgoing.ts"
import { Pings } from "./Pings.ts"
import type { Place } from "./Place.ts"
import { Pulling } from "./Pulling.ts"
import { Reader } from "./Reader.ts"
import * as SendFragments from "./SendFragments.ts"
import * as Spans from "./Spans.ts"
import { Watched } from "./Watched.ts"

/** `A` is what the inbox delivers: whole messages, or fragments or frames if the program asked for those. */
export class Session<A> implements Attended, Source {
  readonly stream: ByteStream
  readonly endpoint: Endpoint.Endpoint<A>
  readonly clock: Clock.Clock
  readonly place: Place
  readonly inbox: Inbox<A, ReceiveError>
  readonly outgoing: Outgoing
  readonly idle: Idle | undefined
  readonly outcome: Outcome
  readonly reader: Reader<A>
  private readonly pulling: Pulling | undefined

  readonly attendant: Attendant

  readonly deadlines: Settings["deadlines"]
  private readonly keepAlive: KeepAlive | undefined
  private madePings: Pings | undefined
  private madeGoodbye: Goodbye | undefined
  /** Made when the program first watches pings or pongs. */
  private watchers: Record<Endpoint.Control["_tag"], Watched<Uint8Array>> | undefined
  isGone = false
  private watch: Watch | undefined
  /** Only the attendant writes it. */
  seat: number | undefined

  constructor(options: {
    readonly stream: ByteStream
    readonly endpoint: Endpoint.Endpoint<A>
    readonly settings: Settings
    readonly place: Place
  }) {
    const { endpoint, place, settings, stream } = options
    this.stream = stream
    this.endpoint = endpoint
    this.place = place
    this.clock = place.clock
    this.attendant = place.attendant
    this.deadlines = settings.deadlines
    const { idleTimeout } = settings.deadlines
    this.inbox = new Inbox<A, ReceiveError>(settings.limits, endpoint.sizeOf)
    this.outgoing = new Outgoing(stream, endpoint, this.clock, { fragmentBytes: settings.fragmentBytes, session: this })
    this.idle = idleTimeout && new Idle(this, idleTimeout)
    this.outcome = new Outcome(this)
    this.pulling = stream.flow === undefined ? new Pulling(stream) : undefined
    this.reader = new Reader(this)
    this.keepAlive = settings.keepAlive === false ? undefined : new KeepAlive(this, settings.keepAlive)
  }

  // As `Place` describes them.

  get id(): string {
    return this.place.id
  }

  get scope(): Scope.Scope {
    return this.place.scope
  }

  get context(): Context.Context<never> {
    return this.place.context
  }

  get streamScope(): Scope.Closeable {
    return this.place.streamScope
  }

  /** Begins to read; `first` was read already. Returns what has to be run for that, if anything: mostly nothing. */
  begin(first: Uint8Array): Effect.Effect<void> | undefined {
    this.watch = this.place.meter.watch(this)
    const joining = this.attendant.joinNow(this)
    try {
      this.keepAlive?.begin()
      this.idle?.begin()
      // Even an empty array takes 200 bytes for as long as somebody holds it.
      this.reader.begin(first.length > 0 ? first : undefined)
    } catch (defect) {
      // From a stream that throws when it is asked to flow, or from the program's own `Random`.
      this.forget()
      throw defect
    }
    const pulling = this.pulling && this.attendant.fork(this, this.ending(this.pulling.run))
    return joining && pulling ? Effect.andThen(joining, pulling) : (joining ?? pulling)
  }

  /** From now on, incoming bytes go to this sink. */
  flow(sink: ByteSink): void {
    if (this.pulling === undefined) this.stream.flow!(sink)
    else this.pulling.flow(sink)
  }

  /**
   * Input means nothing any more, so the connection ends. A fiber that is leaving the scope can run that itself; but it must
   * not wait on a pulled stream, whose end may never come.
   */
  inputOver(): void {
    const end = this.ending(this.goodbye.say)
    if (this.pulling !== undefined || !this.outcome.runInLeaver(end)) this.attendant.start(this, end)
  }

  /** The program's or the byte stream's code threw outside of any fiber. */
  died(defect: unknown): void {
    this.attendant.start(this, this.ending(Effect.die(defect)))
  }

  /** The peer does not take what we send, and the program does not take what the peer sent. */
  stalled(): void {
    this.attendant.start(this, this.outcome.giveUp(new Stalled({ stallTimeout: this.stallTimeout })))
  }

  /** Runs `end`, then forgets the session and tells whoever waits. If `end` did not destroy the connection, it is aborted. */
  private ending(end: Effect.Effect<void>): Effect.Effect<void> {
    const told = Effect.catchCause(end, (cause) => this.failed(cause))
    return Effect.onExitPrimitive(told, (exit) => {
      if (Exit.isSuccess(exit) && !this.outcome.isDestroyed) return Effect.ensuring(this.abort, this.finished)
      this.finish()
      return undefined
    })
  }

  /** One of the session's fibers failed. A defect is logged and aborts the session. */
  failed(cause: Cause.Cause<unknown>): Effect.Effect<void> {
    if (!Cause.hasDies(cause)) return Effect.void
    const told = Effect.logError("A WebSocket session died", Cause.squash(cause))
    return Effect.andThen(Effect.annotateLogs(told, Spans.connectionId, this.id), this.abort)
  }

  /** Stops everything that belongs to the session and frees its memory. */
  private forget(): void {
    if (this.isGone) return
    this.isGone = true
    this.watchers?.Ping.end()
    this.watchers?.Pong.end()
    this.attendant.leave(this)
    this.keepAlive?.stop()
    this.idle?.stop()
    this.madeGoodbye?.stop()
    this.reader.stop()
    this.outgoing.end()
    this.endpoint.release()
    // Last, since it asks the stream once more, and a faulty stream may throw.
    if (this.watch !== undefined) this.place.meter.forget(this.watch)
  }

  /** The connection is destroyed: forgets the session and tells whoever waits for that. */
  finish(): void {
    this.forget()
    if (this.over) this.outcome.tell()
  }

  /** The same as an Effect. */
  get finished(): Effect.Effect<void> {
    return Effect.sync(() => this.finish())
  }

  /** The transport is full for the first time. Most connections never get here, and need no such fiber. */
  startWriter(): void {
    const run = Effect.catch(this.outgoing.run, (failure) => Effect.sync(() => this.goodbye.writeFailed(failure)))
    this.attendant.start(this, run)
  }

  /** The peer's pings or pongs, for programs that watch them. */
  watched(which: Endpoint.Control["_tag"]): Watched<Uint8Array> {
    this.watchers ??= { Ping: new Watched(), Pong: new Watched() }
    if (this.isGone) this.watchers[which].end()
    return this.watchers[which]
  }

  /** Made on first use. */
  get pings(): Pings {
    this.madePings ??= new Pings(this.clock, this.place.meter)
    return this.madePings
  }

  endPings(closed: Effect.Effect<never, ConnectionClosed>): void {
    this.madePings?.close(closed)
  }

  show({ _tag, payload }: Endpoint.Control): void {
    this.watchers?.[_tag].show(payload)
  }

  get stallTimeout(): Duration.Duration {
    return this.deadlines.stallTimeout
  }

  /** Still open in both directions, as far as we know. */
  get open(): boolean {
    return this.endpoint.state === "Open" && this.outcome.writeFailure === undefined
  }

  /** Whether the outcome is decided. */
  get over(): boolean {
    return this.outcome.record !== undefined
  }

  /** What it adds to the metrics. */
  get counts(): Counts {
    const { received, sent } = this.endpoint
    const { bytes, messages } = this.inbox.kept
    return {
      connectionsOpen: 1,
      connectionsOpened: 1,
      messagesReceived: received.messages,
      framesReceived: received.frames,
      bytesReceived: this.reader.bytes,
      compressedBytesReceived: received.compressedBytes,
      plainBytesReceived: received.plainBytes,
      messagesSent: sent.messages,
      framesSent: sent.frames,
      bytesSent: this.outgoing.handedOver,
      compressedBytesSent: sent.compressedBytes,
      plainBytesSent: sent.plainBytes,
      inboxMessages: messages,
      inboxBytes: bytes,
      outboxBytes: this.outgoing.bufferedBytes
    }
  }

  // ---- sending

  /** Sends one message as the Stream produces it. If it was begun and cannot be finished, the connection fails. */
  sendFragments<E, R>(
    kind: "text" | "binary",
    fragments: Stream<Message, E, R>,
    options: Pick<SendOptions, "compress"> | undefined
  ): Effect.Effect<void, E | SendError, R> {
    const { endpoint, outgoing } = this
    const { abandon } = this.goodbye
    return SendFragments.sendFragments({ outgoing, endpoint, abandon }, kind, fragments, options)
  }

  /** Succeeds once everything accepted so far was handed to the kernel. */
  get flush(): Effect.Effect<void, ConnectionClosed> {
    return Effect.catchTag(this.outgoing.flush, "TransportError", (failure) => {
      this.goodbye.writeFailed(failure)
      return this.outcome.broken(failure)
    })
  }

  // ---- the end

  /** Made when the connection begins to end. */
  get goodbye(): Goodbye {
    this.madeGoodbye ??= new Goodbye(this)
    return this.madeGoodbye
  }

  /** Destroys the connection at once. */
  get abort(): Effect.Effect<void> {
    return this.outcome.giveUp(undefined)
  }
}
