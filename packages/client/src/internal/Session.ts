/**
 * A session: one open connection from the first byte after the opening handshake to the destroyed socket.
 *
 * It composes the way in (`Reader`, `Inbox`), the way out (`Outgoing`), pings, and the end: how it comes about (`Goodbye`)
 * and what it is (`Outcome`). It never outlives the scope that its fibers run in.
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
import type { Counts, Meter, Source, Watch } from "./Meter.ts"
import { Outcome } from "./Outcome.ts"
import { Outgoing } from "./Outgoing.ts"
import { Pings } from "./Pings.ts"
import { Pulling } from "./Pulling.ts"
import { Reader } from "./Reader.ts"
import * as SendFragments from "./SendFragments.ts"
import * as Spans from "./Spans.ts"
import { Watched } from "./Watched.ts"

/** `A` is what taking gives: whole messages, or what else the program asked for. */
export class Session<A> implements Attended, Source {
  readonly stream: ByteStream
  readonly endpoint: Endpoint.Endpoint<A>
  readonly clock: Clock.Clock
  /** Owns the byte stream: closing it destroys the socket. */
  readonly streamScope: Scope.Closeable
  readonly inbox: Inbox<A, ReceiveError>
  readonly outgoing: Outgoing
  readonly idle: Idle | undefined
  readonly outcome: Outcome
  readonly reader: Reader<A>
  private readonly pulling: Pulling | undefined

  /** Owns the session's fibers. */
  readonly scope: Scope.Closeable
  /** What they run with. */
  readonly context: Context.Context<never>
  readonly attendant: Attendant
  readonly id: string

  readonly deadlines: Settings["deadlines"]
  private readonly meter: Meter
  private readonly keepAlive: KeepAlive | undefined
  private madePings: Pings | undefined
  private madeGoodbye: Goodbye | undefined
  /** Made when somebody watches. */
  private watchers: Record<Endpoint.Control["_tag"], Watched<Uint8Array>> | undefined
  isGone = false
  private watch: Watch | undefined
  /** The attendant's. */
  seat: number | undefined

  constructor(options: {
    readonly stream: ByteStream
    readonly endpoint: Endpoint.Endpoint<A>
    readonly settings: Settings
    readonly clock: Clock.Clock
    readonly meter: Meter
    readonly id: string
    readonly attendant: Attendant
    readonly scope: Scope.Closeable
    readonly context: Context.Context<never>
    readonly streamScope: Scope.Closeable
  }) {
    const { attendant, clock, context, endpoint, id, meter, scope, settings, stream, streamScope } = options
    this.stream = stream
    this.endpoint = endpoint
    this.clock = clock
    this.streamScope = streamScope
    this.deadlines = settings.deadlines
    this.meter = meter
    this.scope = scope
    this.context = context
    this.id = id
    this.attendant = attendant
    const { idleTimeout } = settings.deadlines
    this.inbox = new Inbox<A, ReceiveError>(settings.limits, endpoint)
    this.outgoing = new Outgoing(stream, endpoint, clock, { fragmentBytes: settings.fragmentBytes, session: this })
    this.idle = idleTimeout && new Idle(this, idleTimeout)
    this.outcome = new Outcome(this)
    this.pulling = stream.flow === undefined ? new Pulling(stream) : undefined
    this.reader = new Reader(this)
    this.keepAlive = settings.keepAlive === false ? undefined : new KeepAlive(this, settings.keepAlive)
  }

  /** Begins to read; `first` was read already. Answers what has to be run for that: most sessions need no fiber. */
  begin(first: Uint8Array): Effect.Effect<void> | undefined {
    this.watch = this.meter.watch(this)
    const joining = this.attendant.joined(this)
    try {
      this.keepAlive?.begin()
      this.idle?.begin()
      // An empty array is one of 200 bytes, as long as it is kept.
      this.reader.begin(first.length > 0 ? first : undefined)
    } catch (defect) {
      // Of a stream that throws when it is asked to flow, or of a program's `Random`.
      this.forget()
      throw defect
    }
    const pulling = this.pulling && this.attendant.begin(this, this.ending(this.pulling.run))
    return joining && pulling ? Effect.andThen(joining, pulling) : (joining ?? pulling)
  }

  /** What comes in goes there, from now on. */
  flow(sink: ByteSink): void {
    if (this.pulling === undefined) this.stream.flow!(sink)
    else this.pulling.flow(sink)
  }

  /** Who leaves the scope brings about the end, if somebody does; but not over a stream whose end may never come. */
  inputOver(): void {
    const end = this.ending(this.goodbye.say)
    if (this.pulling !== undefined || !this.outcome.endByLeaving(end)) this.attendant.start(this, end)
  }

  /** Something of the program's, or of the byte stream's, threw outside of every fiber. */
  died(defect: unknown): void {
    this.attendant.start(this, this.ending(Effect.die(defect)))
  }

  /** Nothing of ours arrives, and nobody takes what the peer sent. */
  stalled(): void {
    this.attendant.start(this, this.outcome.giveUp(new Stalled({ stallTimeout: this.stallTimeout })))
  }

  /** What its last fiber runs. */
  private ending(end: Effect.Effect<void>): Effect.Effect<void> {
    const told = Effect.catchCause(end, (cause) => this.failed(cause))
    return Effect.onExitPrimitive(told, (exit) => {
      if (Exit.isSuccess(exit) && !this.outcome.isDestroyed) return Effect.ensuring(this.abort, this.forgotten)
      this.forget()
      if (this.over) this.outcome.tell()
      return undefined
    })
  }

  /** A fiber of its own failed: what dies, of whoever's fault, takes the session along, and is told. */
  failed(cause: Cause.Cause<unknown>): Effect.Effect<void> {
    if (!Cause.hasDies(cause)) return Effect.void
    const told = Effect.logError("A WebSocket session died", Cause.squash(cause))
    return Effect.andThen(Effect.annotateLogs(told, Spans.connectionId, this.id), this.abort)
  }

  /** Nothing of it is kept any more, nor comes. */
  forget(): void {
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
    // At last, since it asks the stream once more, which may be one that throws.
    if (this.watch !== undefined) this.meter.forget(this.watch)
  }

  /** The same as an Effect. */
  get forgotten(): Effect.Effect<void> {
    return Effect.sync(() => this.forget())
  }

  /** The transport holds enough for the first time: most connections have no need of a fiber for that. */
  startWriter(): void {
    const run = Effect.catch(this.outgoing.run, (failure) => Effect.sync(() => this.goodbye.writeFailed(failure)))
    this.attendant.start(this, run)
  }

  /** Pings or pongs of the peer, for those who want to see them. */
  watched(which: Endpoint.Control["_tag"]): Watched<Uint8Array> {
    this.watchers ??= { Ping: new Watched(), Pong: new Watched() }
    if (this.isGone) this.watchers[which].end()
    return this.watchers[which]
  }

  /** Those that wait for their pong; most of a connection's life there are none. */
  get pings(): Pings {
    this.madePings ??= new Pings(this.clock, this.meter)
    return this.madePings
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

  /** The end is decided. */
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

  /** One message as the Stream brings it. What was begun and cannot be ended fails the connection. */
  sendFragments<E, R>(
    kind: "text" | "binary",
    fragments: Stream<Message, E, R>,
    options: Pick<SendOptions, "compress"> | undefined
  ): Effect.Effect<void, E | SendError, R> {
    const { endpoint, outgoing } = this
    const { abandon } = this.goodbye
    return SendFragments.sendFragments({ outgoing, endpoint, abandon }, kind, fragments, options)
  }

  /** Everything accepted so far was handed to the kernel. */
  get flush(): Effect.Effect<void, ConnectionClosed> {
    return Effect.catchTag(this.outgoing.flush, "TransportError", (failure) => {
      this.goodbye.writeFailed(failure)
      return this.outcome.broken(failure)
    })
  }

  // ---- the end

  /** How it is brought about; most of a connection's life nobody asks for it. */
  get goodbye(): Goodbye {
    this.madeGoodbye ??= new Goodbye(this)
    return this.madeGoodbye
  }

  /** Destroys the connection at once. */
  get abort(): Effect.Effect<void> {
    return this.outcome.giveUp(undefined)
  }
}
