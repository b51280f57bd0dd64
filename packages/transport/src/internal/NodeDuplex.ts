/**
 * The bridge from a Node duplex to a `ByteStream`. Except for `testing`, only this file has listeners on a duplex.
 *
 * A plain socket reads into a `ReadBuffer` and stops when nobody takes the bytes. Any other duplex is read in paused mode,
 * where bytes wait in Node's buffer up to its high-water mark. In both cases a waiting reader gets the bytes inside the event
 * that brought them, and while nobody reads, TCP slows the peer. Node buffers writes; a callback is used only while somebody
 * waits for `flushed`.
 *
 * `NodeError` decides what a failure means, and `Tcp` and `Tls` decide what to connect to.
 */
import type { Duplex } from "node:stream"
import type { NonEmptyReadonlyArray } from "effect/Array"
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { Pull } from "effect/Pull"
import type { Address, ByteSink, ByteStream, ConnectionInfo } from "../ByteStream.ts"
import { Reset, TransportError, type TransportReason } from "../TransportError.ts"
import * as DuplexState from "./DuplexState.ts"
import * as Handle from "./Handle.ts"
import { brokenReason } from "./NodeError.ts"
import { PullSink } from "./PullSink.ts"
import type { ReadBuffer } from "./ReadBuffer.ts"
import * as SocketInfo from "./SocketInfo.ts"
import { Waiters } from "./Waiters.ts"

type Chunks = NonEmptyReadonlyArray<Uint8Array>

/** How to make and open a duplex. */
export interface Opening<D extends Duplex> {
  readonly create: () => D
  /** The memory that the duplex reads into, if `create` has given it to the duplex. */
  readonly readBuffer?: ReadBuffer | undefined
  /**
   * Whether the duplex may pass on what is written without copying it, and report it as done: each write gets its own memory.
   */
  readonly passesOn?: boolean
  /** The event that says that it is open, or "now" if it is open already. */
  readonly ready: "connect" | "secureConnect" | "now"
  /** What to tell of it, found out when it is open. Default: its addresses, found out when somebody wants them. */
  info?(duplex: D): ConnectionInfo
  /** The address that is connected to, if it is one. */
  readonly dialled?: Address
  /** What an error before `ready` means. */
  readonly reason: (error: Error) => TransportReason
  /** What an error after `ready` means. Default: `brokenReason`. */
  readonly broken?: (error: Error) => TransportReason
  /** Listeners to further events, each of which carries bytes. */
  readonly listeners?: Record<string, (bytes: Uint8Array) => void>
  /** Bytes below the duplex that the kernel does not have yet. Default: those of its own handle. */
  readonly queuedBytes?: () => number
}

/** The property of a duplex that holds its stream. */
const stream: unique symbol = Symbol("stream")

interface Bridged extends Duplex {
  [stream]?: NodeDuplex | undefined
}

/** A listener that calls `tell` with the stream, unless another listener of the same event has just destroyed it. */
const heard = <A extends ReadonlyArray<unknown>>(tell: (self: NodeDuplex, ...of: A) => void) =>
  function (this: Bridged, ...of: A): void {
    const self = this[stream]
    if (self !== undefined) tell(self, ...of)
  }

export class NodeDuplex implements ByteStream {
  duplex: Duplex
  #info: ConnectionInfo | undefined
  readonly #dialled: Address | undefined

  /** Made for the first who waits for what writes come to: on most streams nobody does. */
  #waiters: Waiters | undefined
  readonly #queuedBytes: (() => number) | undefined
  #readBuffer: ReadBuffer | undefined
  readonly #passesOn: boolean
  /** Undefined once it is open, so that an open stream does not keep alive what the dial knew. */
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
    this.#dialled = opening.dialled
    this.#passesOn = opening.passesOn ?? false
    this.#ready = opening.ready
    this.#furtherListeners = opening.listeners
    duplex[stream] = this
    if (this.#readBuffer !== undefined) this.#readBuffer.reader = this
    if (duplex.readableEnded) this.#hasEnded = true
    if (this.#ready === "now") this.#opened()
    this.#listen("on")
    duplex.on("error", NodeDuplex.#on.error).on("close", NodeDuplex.#on.close)
  }

  /** All streams share these listeners: Node calls them with the duplex as `this`, and the duplex holds its stream. */
  static readonly #on = {
    // Whoever made it may destroy it in a listener of the same event.
    open: heard((self) => {
      if (!self.duplex.destroyed) self.#opened()
    }),
    readable: heard((self) => self.deliver()),
    end: heard((self) => {
      if (self.#failure() === undefined) self.#hasEnded = true
      self.deliver()
    }),
    written: heard((self) => self.#waiters?.wake()),
    error: heard((self, error: Error) => {
      self.#broken ??= self.#failedWith(error)
      self.#change()
    }),
    close: function (this: Bridged): void {
      if (DuplexState.isOver(this)) NodeDuplex.#forget(this)
      const self = this[stream]
      if (self === undefined) return
      self.#isClosed = true
      // A duplex that is not destroyed may emit `close` before `end`, which comes once all that waits was read.
      if (!self.duplex.destroyed && DuplexState.isEndGiven(self.duplex)) self.#hasEnded = true
      self.#change()
    }
  }

  /** To all events but `error` and `close`, which outlast the stream. */
  #listen(way: "on" | "off"): void {
    const { duplex } = this
    const { end, open, readable, written } = NodeDuplex.#on
    if (this.#ready !== "now") duplex[way](this.#ready, open)
    // Beside a `ReadBuffer` it would make Node read ahead into a buffer of its own.
    if (this.#readBuffer === undefined) duplex[way]("readable", readable)
    duplex[way]("end", end)
    if (this.#waiters !== undefined) duplex[way]("drain", written)[way]("finish", written)
    if (this.#furtherListeners === undefined) return
    for (const [event, listener] of Object.entries(this.#furtherListeners)) duplex[way](event, listener)
  }

  /** No error of the duplex can come any more. */
  static #forget(duplex: Duplex): void {
    duplex.off("error", NodeDuplex.#on.error).off("close", NodeDuplex.#on.close)
  }

  /** Waits for what writes come to. */
  #until<A>(answer: () => Effect.Effect<A, TransportError> | undefined): Effect.Effect<A, TransportError> {
    return Effect.suspend(() => {
      const now = answer()
      if (now !== undefined) return now
      this.#waiters ??= this.#hearWrites()
      return this.#waiters.until(answer)
    })
  }

  #hearWrites(): Waiters {
    const { written } = NodeDuplex.#on
    this.duplex.on("drain", written).on("finish", written)
    return new Waiters()
  }

  #opened(): void {
    if (this.#opening === undefined) return
    const { broken = brokenReason, info } = this.#opening
    this.#info = info?.(this.duplex)
    this.#reason = broken
    this.#opening = undefined
    this.#settleOpening()
  }

  #change(): void {
    this.deliver()
    this.#waiters?.wake()
    this.#settleOpening()
  }

  /** Calls `tell` once: when it is open, or with the failure if it will never be. */
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

  /** Most programs never ask, and each address is a system call. */
  get info(): ConnectionInfo {
    this.#info ??= SocketInfo.of(this.duplex, this.#dialled)
    return this.#info
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
      // A faulty duplex of the program: it should have passed the error to its callback.
      duplex.destroy(error as Error)
      return false
    }
    // Not what `write` returned, which does not know yet that the kernel often takes the whole write at once.
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
    return this.#until(() => this.#failed() ?? (this.duplex.writableNeedDrain ? undefined : Effect.void))
  }

  /** The callback of an empty write comes after the callbacks of all earlier writes. */
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
        this.#waiters?.wake()
      })
      return this.#until(() => this.#failed() ?? (isFlushed ? Effect.void : undefined))
    })
  }

  get shutdown(): Effect.Effect<void, TransportError> {
    return Effect.suspend(() => {
      this.shutdownUnsafe()
      return this.#finished
    })
  }

  shutdownUnsafe(): void {
    const { duplex } = this
    if (duplex.writableEnded || this.#isBroken()) return
    try {
      duplex.end()
    } catch (error) {
      // As for `writeUnsafe`: what was written may go out only now.
      duplex.destroy(error as Error)
    }
  }

  get #finished(): Effect.Effect<void, TransportError> {
    return this.#until(() => (this.duplex.writableFinished && !this.#isDestroyed ? Effect.void : this.#failed()))
  }

  /** Node counts a write as waiting until all of it is done. The handle knows how much of it is done. */
  unflushedBytes(): number {
    const { duplex } = this
    if (duplex.writableLength === 0 || this.#isBroken()) return 0
    const handle = Handle.of(duplex)
    if (handle === undefined) return duplex.writableLength
    const queued = this.#queuedBytes === undefined ? this.handleBytes() : this.#queuedBytes()
    return Math.max(1, this.#takenBytes - handle.bytesWritten + queued)
  }

  /** How many bytes the handle has that the kernel does not have yet. */
  handleBytes(): number {
    return Handle.of(this.duplex)?.writeQueueSize ?? 0
  }

  /**
   * At once, without an event of its own to anyone. The `error` that Node may still emit is heard and ignored: one that nobody
   * hears would end the process.
   */
  destroy(): void {
    if (this.#isDestroyed) return
    this.#isDestroyed = true
    this.#broken = undefined
    const { duplex } = this
    duplex.destroy()
    this.#listen("off")
    this.#part()
    // It was over before it was given.
    if (DuplexState.isOver(duplex)) NodeDuplex.#forget(duplex)
    this.#change()
  }

  /**
   * Parts stream and duplex, so that neither keeps the other alive. A closed socket survives all collections of the young
   * generation (docs/performance.md, Closures), and a program may hold a connection for long after its end.
   */
  #part(): void {
    const duplex: Bridged = this.duplex
    // Unless the program has given the same duplex to another stream.
    if (duplex[stream] === this) duplex[stream] = undefined
    if (this.#readBuffer !== undefined) this.#readBuffer.reader = undefined
    this.#readBuffer = undefined
    this.duplex = DuplexState.gone()
  }

  /** Gives what there is to the sink, if there is one. Called inside the event that brought it. */
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
      // The sink may call `flow`, or destroy the stream, while it takes the chunks.
      this.#sink = undefined
      if (sink.take(chunks)) this.#sink ??= sink
    }
  }

  #next(): Chunks | undefined {
    if (this.#isDestroyed) return undefined
    return this.#readBuffer === undefined ? DuplexState.takeBuffered(this.duplex) : this.#takeRead(this.#readBuffer)
  }

  /** Takes everything that was read, and lets a stopped socket read on. */
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

  /**
   * Asks the duplex too. Node knows of a refused write before it destroys the duplex, and destroys that before it emits the
   * error; other duplexes may emit `close` and nothing else.
   */
  #failure(): TransportError | undefined {
    const { duplex } = this
    if (this.#broken !== undefined) return this.#broken
    // Made only when somebody asks: mostly nobody does once a stream is destroyed.
    if (this.#isDestroyed) this.#broken = new TransportError({ reason: new Reset({}) })
    else if (duplex.destroyed || duplex.errored || this.#isClosed) {
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
