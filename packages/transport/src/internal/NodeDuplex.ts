/**
 * The bridge from a Node duplex to a `ByteStream`, and the only file with listeners on one (but for `testing`).
 *
 * A plain socket reads into a `ReadBuffer` and stops when nobody takes; any other duplex is read in paused mode, where
 * bytes wait in Node's buffer up to its high-water mark. Either way who waits gets the bytes inside the event that
 * brought them, and while nobody does the peer is slowed by TCP. Writing is Node's own; a callback is asked for only while
 * someone waits for `flushed`.
 *
 * What a failure means is decided in `NodeError`, what to connect to in `Tcp` and `Tls`.
 */
import type { Duplex } from "node:stream"
import type { NonEmptyReadonlyArray } from "effect/Array"
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { Pull } from "effect/Pull"
import type { ByteSink, ByteStream, ConnectionInfo } from "../ByteStream.ts"
import { Reset, TransportError, type TransportReason } from "../TransportError.ts"
import * as DuplexState from "./DuplexState.ts"
import * as Handle from "./Handle.ts"
import { brokenReason } from "./NodeError.ts"
import { PullSink } from "./PullSink.ts"
import type { ReadBuffer } from "./ReadBuffer.ts"
import { Waiters } from "./Waiters.ts"

type Chunks = NonEmptyReadonlyArray<Uint8Array>

/** What it is made from. */
export interface Opening<D extends Duplex> {
  readonly create: () => D
  /** Where the duplex reads into, when `create` told it so. */
  readonly readBuffer?: ReadBuffer
  /** It may pass on what is written as it is, and be done with it before the kernel is: each write gets its own memory. */
  readonly passesOn?: boolean
  /** The event that says that it is open, or that it is so already. */
  readonly ready: "connect" | "secureConnect" | "now"
  info(duplex: D): ConnectionInfo
  /** What an error before that event means. */
  readonly reason: (error: Error) => TransportReason
  /** What an error after it means. Default: `brokenReason`. */
  readonly broken?: (error: Error) => TransportReason
  /** Further events, with the bytes that they carry, that whoever opens it wants to hear of. */
  readonly listeners?: Record<string, (bytes: Uint8Array) => void>
  /** Bytes below the duplex that the kernel does not have yet. Default: those of its own handle. */
  readonly queuedBytes?: () => number
}

/** What a duplex knows its stream by. */
const stream: unique symbol = Symbol("stream")

interface Bridged extends Duplex {
  [stream]?: NodeDuplex | undefined
}

/** Nothing once the stream is destroyed, which another listener of the same event may have done just before. */
const heard = <A extends ReadonlyArray<unknown>>(tell: (self: NodeDuplex, ...of: A) => void) =>
  function (this: Bridged, ...of: A): void {
    const self = this[stream]
    if (self !== undefined) tell(self, ...of)
  }

export class NodeDuplex implements ByteStream {
  duplex: Duplex
  info: ConnectionInfo = { local: undefined, remote: undefined, tls: undefined }

  readonly #waiters = new Waiters()
  readonly #queuedBytes: (() => number) | undefined
  #readBuffer: ReadBuffer | undefined
  readonly #passesOn: boolean
  /** Until it is open: what was dialled is nobody's business after that. */
  #opening: Opening<Duplex> | undefined
  #tellOpened: ((failure: Effect.Effect<never, TransportError> | undefined) => void) | undefined
  readonly #ready: Opening<Duplex>["ready"]
  readonly #furtherListeners: Opening<Duplex>["listeners"]
  #reason: (error: Error) => TransportReason
  #sink: ByteSink | undefined
  #hasEnded = false
  #broken: TransportError | undefined
  #isClosed = false
  #isDestroyed = false
  #takenBytes = 0

  constructor(opening: Opening<Duplex>) {
    const duplex: Bridged = opening.create()
    this.duplex = duplex
    this.#opening = opening
    this.#reason = opening.reason
    this.#queuedBytes = opening.queuedBytes
    this.#readBuffer = opening.readBuffer
    this.#passesOn = opening.passesOn ?? false
    this.#ready = opening.ready
    this.#furtherListeners = opening.listeners
    duplex[stream] = this
    if (this.#readBuffer !== undefined) this.#readBuffer.reader = this
    if (duplex.readableEnded) this.#hasEnded = true
    if (this.#ready === "now") this.#opened()
    this.#listen("on")
  }

  /** Node calls them on the duplex, which knows its stream: so all streams share them, and an open one holds none. */
  static readonly #on = {
    open: heard((self) => self.#opened()),
    readable: heard((self) => self.deliver()),
    end: heard((self) => {
      if (self.#failure() === undefined) self.#hasEnded = true
      self.deliver()
    }),
    written: heard((self) => self.#waiters.wake()),
    error: heard((self, error: Error) => {
      self.#broken ??= self.#failedWith(error)
      self.#change()
    }),
    close: heard((self) => {
      self.#isClosed = true
      // One that is not destroyed may say so before its `end`, which comes once all that waits was read.
      if (!self.duplex.destroyed && DuplexState.isEndGiven(self.duplex)) self.#hasEnded = true
      self.#change()
    })
  }

  #listen(way: "on" | "off"): void {
    const { duplex } = this
    const { close, end, error, open, readable, written } = NodeDuplex.#on
    if (this.#ready !== "now") duplex[way](this.#ready, open)
    // Beside a `ReadBuffer` it would make Node read ahead into a buffer of its own.
    if (this.#readBuffer === undefined) duplex[way]("readable", readable)
    duplex[way]("end", end)[way]("drain", written)[way]("finish", written)[way]("error", error)[way]("close", close)
    if (this.#furtherListeners === undefined) return
    for (const [event, listener] of Object.entries(this.#furtherListeners)) duplex[way](event, listener)
  }

  #opened(): void {
    if (this.#opening === undefined) return
    const { broken = brokenReason, info } = this.#opening
    this.info = info(this.duplex)
    this.#reason = broken
    this.#opening = undefined
    this.#settleOpening()
  }

  #change(): void {
    this.deliver()
    this.#waiters.wake()
    this.#settleOpening()
  }

  /** Calls once: when it is open, or with why it never will be. */
  onOpened(tell: (failure: Effect.Effect<never, TransportError> | undefined) => void): void {
    this.#tellOpened = tell
    this.#settleOpening()
  }

  #settleOpening(): void {
    const tell = this.#tellOpened
    if (tell === undefined) return
    const failure = this.#failed()
    if (failure === undefined && this.#opening !== undefined) return
    this.#tellOpened = undefined
    tell(failure)
  }

  get pull(): Pull<Chunks, TransportError> {
    return Effect.callback<Chunks, TransportError | Cause.Done>((resume) => {
      const pulling = new PullSink(resume)
      this.flow(pulling)
      return Effect.sync(() => {
        if (this.#sink === pulling) this.#sink = undefined
      })
    })
  }

  flow(sink: ByteSink): void {
    this.#sink = sink
    this.deliver()
  }

  release(chunk: Uint8Array): void {
    this.#readBuffer?.release(chunk)
  }

  writeUnsafe(chunks: Chunks): boolean {
    const { duplex } = this
    if (duplex.writableEnded || this.#isBroken()) return false
    try {
      this.#write(chunks)
    } catch (error) {
      // What a duplex of the program's own should have told its callback.
      duplex.destroy(error as Error)
      return false
    }
    // What `write` answers may be older than the write itself, which the kernel often takes whole and at once.
    return duplex.writable && duplex.writableLength < duplex.writableHighWaterMark
  }

  #write(chunks: Chunks): void {
    const { duplex } = this
    if (chunks.length > 1) duplex.cork()
    for (const chunk of chunks) {
      this.#takenBytes += chunk.length
      duplex.write(this.#passesOn ? new Uint8Array(chunk) : chunk)
    }
    if (chunks.length > 1) duplex.uncork()
  }

  get drained(): Effect.Effect<void, TransportError> {
    return this.#waiters.until(() => this.#failed() ?? (this.duplex.writableNeedDrain ? undefined : Effect.void))
  }

  /** The callback of an empty write comes after those of all writes before it. */
  get flushed(): Effect.Effect<void, TransportError> {
    return Effect.suspend(() => {
      const { duplex } = this
      const failed = this.#failed()
      if (failed !== undefined) return failed
      if (duplex.writableLength === 0) return Effect.void
      if (duplex.writableEnded) return this.#finished
      let isFlushed = false
      duplex.write(nothing, () => {
        isFlushed = true
        this.#waiters.wake()
      })
      return this.#waiters.until(() => this.#failed() ?? (isFlushed ? Effect.void : undefined))
    })
  }

  get shutdown(): Effect.Effect<void, TransportError> {
    return Effect.suspend(() => {
      if (!this.duplex.writableEnded && !this.#isBroken()) this.duplex.end()
      return this.#finished
    })
  }

  get #finished(): Effect.Effect<void, TransportError> {
    return this.#waiters.until(() =>
      this.duplex.writableFinished && !this.#isDestroyed ? Effect.void : this.#failed()
    )
  }

  /** Node counts a write as waiting until the whole of it is done; the handle knows how much of it is. */
  unflushedBytes(): number {
    const { duplex } = this
    if (duplex.writableLength === 0 || this.#isBroken()) return 0
    const handle = Handle.of(duplex)
    if (handle === undefined) return duplex.writableLength
    const queued = this.#queuedBytes === undefined ? this.handleBytes() : this.#queuedBytes()
    return Math.max(1, this.#takenBytes - handle.bytesWritten + queued)
  }

  /** What the handle has and the kernel has not. */
  handleBytes(): number {
    return Handle.of(this.duplex)?.writeQueueSize ?? 0
  }

  /** At once, without an event of its own to anyone. Only the `error` that Node may still emit is waited for. */
  destroy(): void {
    if (this.#isDestroyed) return
    this.#isDestroyed = true
    this.#broken = undefined
    const { duplex } = this
    // One that said that it is closed, and was not destroyed, is so only now.
    const isOver = this.#isClosed && duplex.destroyed
    duplex.destroy()
    this.#listen("off")
    this.#part()
    if (!isOver) {
      duplex.on("error", ignore)
      duplex.once("close", () => duplex.off("error", ignore))
    }
    this.#change()
  }

  /**
   * A closed socket outlives every collection of the young generation (docs/performance.md, Closures): what knew it must not
   * stay with it. Nor must it, and what Node would have read into next, stay with a connection that a program still holds.
   */
  #part(): void {
    const duplex: Bridged = this.duplex
    // A program may have given the same duplex twice.
    if (duplex[stream] === this) duplex[stream] = undefined
    if (this.#readBuffer !== undefined) this.#readBuffer.reader = undefined
    this.#readBuffer = undefined
    this.duplex = DuplexState.gone()
  }

  /** Hands what there is to whoever waits for it. Called inside the event that brought it. */
  deliver(): void {
    while (this.#sink !== undefined) {
      const sink = this.#sink
      const chunks = this.#next()
      if (chunks === undefined) {
        const hasEnded = this.#hasEnded && !this.#isDestroyed
        const failure = hasEnded ? undefined : this.#failure()
        if (!hasEnded && failure === undefined) return
        this.#sink = undefined
        return sink.ended(failure)
      }
      // While it takes them it may ask for more, or end the stream.
      this.#sink = undefined
      if (sink.take(chunks)) this.#sink ??= sink
    }
  }

  #next(): Chunks | undefined {
    if (this.#isDestroyed) return undefined
    return this.#readBuffer === undefined ? DuplexState.takeBuffered(this.duplex) : this.#takeRead(this.#readBuffer)
  }

  /** Reading goes on once nothing waits any more. */
  #takeRead(readBuffer: ReadBuffer): Chunks | undefined {
    const chunks = readBuffer.take()
    if (readBuffer.hasStopped && !this.duplex.destroyed) {
      readBuffer.hasStopped = false
      this.duplex.resume()
    }
    return chunks
  }

  #failed(): Effect.Effect<never, TransportError> | undefined {
    const failure = this.#failure()
    return failure && Effect.fail(failure)
  }

  #isBroken(): boolean {
    return this.#isDestroyed || this.#failure() !== undefined
  }

  /** Node destroys a duplex before it emits why, so the state is asked too; others may tell that it is closed, and no more. */
  #failure(): TransportError | undefined {
    const { duplex } = this
    if (this.#broken !== undefined) return this.#broken
    // Made for who asks: most streams are closed with nobody left who does.
    if (this.#isDestroyed) this.#broken = new TransportError({ reason: new Reset({}) })
    else if (duplex.destroyed || this.#isClosed) {
      const error = DuplexState.errorOf(duplex)
      if (error !== undefined) this.#broken = this.#failedWith(error)
    }
    return this.#broken
  }

  #failedWith(error: Error): TransportError {
    return new TransportError({ reason: this.#reason(error) })
  }
}

const nothing = new Uint8Array(0)

const ignore = () => {}
