/**
 * The bridge from a Node duplex to a `ByteStream`, and the only file with listeners on one.
 *
 * A plain socket reads into a `ReadBuffer` and stops when nobody pulls; any other duplex is read in paused mode, where
 * bytes wait in Node's buffer up to its high-water mark. Either way a waiting pull resumes inside the event that brought
 * the bytes, and while nobody pulls the peer is slowed by TCP. Writing is Node's own; a callback is asked for only while someone waits for `flushed`.
 *
 * What a failure means is decided in `NodeError`, what to connect to in `Tcp` and `Tls`.
 */
import type { Duplex } from "node:stream"
import type { NonEmptyArray, NonEmptyReadonlyArray } from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { Pull } from "effect/Pull"
import * as Scope from "effect/Scope"
import type { ByteStream, ConnectionInfo } from "../ByteStream.ts"
import { Reset, TransportError, type TransportReason } from "../TransportError.ts"
import { brokenReason } from "./NodeError.ts"
import type { ReadBuffer } from "./ReadBuffer.ts"
import { Waiters } from "./Waiters.ts"

type Chunks = NonEmptyReadonlyArray<Uint8Array>

interface Opening<D extends Duplex> {
  readonly create: () => D
  /** Where the duplex reads into, when `create` told it so. */
  readonly readBuffer?: ReadBuffer
  /** The event that says that it is open, or that it is so already. */
  readonly ready: "connect" | "secureConnect" | "now"
  info(duplex: D): ConnectionInfo
  /** What an error before that event means. */
  readonly reason: (error: Error) => TransportReason
  /** What an error after it means. Default: `brokenReason`. */
  readonly broken?: (error: Error) => TransportReason
  /** Further events, which carry bytes, that whoever opens it wants to hear of. */
  readonly listeners?: Record<string, (bytes: Uint8Array) => void>
  /** Bytes below the duplex that the kernel does not have yet. Default: those of its own handle. */
  readonly queuedBytes?: () => number
}

/**
 * Creates a duplex and waits until it is open. The scope destroys it; a failed or interrupted wait does so at once.
 *
 * What the scope holds knows the stream only, not what was dialled.
 */
export const open = <D extends Duplex>(opening: Opening<D>): Effect.Effect<NodeDuplex, TransportError, Scope.Scope> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const scope = yield* Effect.scope
      const stream = new NodeDuplex(opening)
      const destroyed = destroyedOf(stream)
      yield* Scope.addFinalizer(scope, destroyed)
      yield* Effect.onError(restore(stream.opened), () => destroyed)
      return stream
    })
  )

const destroyedOf = (stream: NodeDuplex): Effect.Effect<void> => Effect.sync(() => stream.destroy())

export class NodeDuplex implements ByteStream {
  readonly duplex: Duplex
  info: ConnectionInfo = { local: undefined, remote: undefined, tls: undefined }

  readonly #waiters = new Waiters()
  readonly #listeners: Record<string, ((error: Error) => void) | ((bytes: Uint8Array) => void)>
  readonly #queuedBytes: () => number
  readonly #readBuffer: ReadBuffer | undefined
  /** Until it is open: what was dialled is nobody's business after that. */
  #opening: Opening<Duplex> | undefined
  #reason: (error: Error) => TransportReason
  #reader: ((result: Pull<Chunks, TransportError>) => void) | undefined
  #end: Pull<never, TransportError> | undefined
  #failure: Effect.Effect<never, TransportError> | undefined
  #isClosed = false
  #isDestroyed = false
  #takenBytes = 0

  constructor(opening: Opening<Duplex>) {
    this.duplex = opening.create()
    this.#opening = opening
    this.#reason = opening.reason
    this.#queuedBytes = opening.queuedBytes ?? this.handleBytes
    this.#readBuffer = opening.readBuffer
    if (this.duplex.readableEnded) this.#end = Cause.done()
    if (opening.ready === "now") this.#opened()
    this.#listeners = { ...opening.listeners, ...this.#listening(opening.ready) }
    for (const [event, listener] of Object.entries(this.#listeners)) this.duplex.on(event, listener)
  }

  #listening(ready: Opening<Duplex>["ready"]): Record<string, (error: Error) => void> {
    const deliver = () => this.#deliver()
    const wake = () => this.#waiters.wake()
    if (this.#readBuffer !== undefined) this.#readBuffer.onChunk = deliver
    return {
      ...(ready !== "now" && { [ready]: () => this.#opened() }),
      // It would make Node read ahead into a buffer of its own.
      ...(this.#readBuffer === undefined && { readable: deliver }),
      end: () => {
        this.#end ??= this.#failed() ?? Cause.done()
        this.#deliver()
      },
      drain: wake,
      finish: wake,
      error: (error: Error) => {
        this.#failure ??= this.#failedWith(error)
        this.#change()
      },
      close: () => {
        this.#isClosed = true
        this.#change()
      }
    }
  }

  #opened(): void {
    if (this.#opening === undefined) return
    const { broken = brokenReason, info } = this.#opening
    this.info = info(this.duplex)
    this.#reason = broken
    this.#opening = undefined
    this.#waiters.wake()
  }

  #change(): void {
    this.#deliver()
    this.#waiters.wake()
  }

  readonly opened: Effect.Effect<void, TransportError> = this.#waiters.until(
    () => this.#failed() ?? (this.#opening === undefined ? Effect.void : undefined)
  )

  readonly pull: Pull<Chunks, TransportError> = Effect.callback<Chunks, TransportError | Cause.Done>((resume) => {
    this.#reader = resume
    this.#deliver()
    return this.#forgetReader
  })

  readonly #forgetReader = Effect.sync(() => {
    this.#reader = undefined
  })

  readonly release = (chunk: Uint8Array): void => this.#readBuffer?.release(chunk)

  readonly writeUnsafe = (chunks: Chunks): boolean => {
    const { duplex } = this
    if (duplex.writableEnded || this.#failed() !== undefined) return false
    for (const chunk of chunks) this.#takenBytes += chunk.length
    if (chunks.length === 1) return duplex.write(chunks[0])
    let isBelowMark = true
    duplex.cork()
    for (const chunk of chunks) isBelowMark = duplex.write(chunk)
    duplex.uncork()
    return isBelowMark
  }

  readonly drained: Effect.Effect<void, TransportError> = this.#waiters.until(
    () => this.#failed() ?? (this.duplex.writableNeedDrain ? undefined : Effect.void)
  )

  /** The callback of an empty write comes after those of all writes before it. */
  readonly flushed: Effect.Effect<void, TransportError> = Effect.suspend(() => {
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

  readonly shutdown: Effect.Effect<void, TransportError> = Effect.suspend(() => {
    if (!this.duplex.writableEnded && this.#failed() === undefined) this.duplex.end()
    return this.#finished
  })

  readonly #finished: Effect.Effect<void, TransportError> = this.#waiters.until(() =>
    this.duplex.writableFinished && !this.#isDestroyed ? Effect.void : this.#failed()
  )

  /** Node counts a write as waiting until the whole of it is done; the handle knows how much of it is. */
  readonly unflushedBytes = (): number => {
    const { duplex } = this
    if (duplex.writableLength === 0 || this.#failed() !== undefined) return 0
    const handle = handleOf(duplex)
    if (handle === undefined) return duplex.writableLength
    return Math.max(1, this.#takenBytes - handle.bytesWritten + this.#queuedBytes())
  }

  /** What the handle has and the kernel has not. */
  readonly handleBytes = (): number => handleOf(this.duplex)?.writeQueueSize ?? 0

  /** At once, without an event of its own to anyone. Only the `error` that Node may still emit is waited for. */
  destroy(): void {
    if (this.#isDestroyed) return
    this.#isDestroyed = true
    this.#failure = scopeClosed
    const { duplex } = this
    duplex.destroy()
    for (const [event, listener] of Object.entries(this.#listeners)) duplex.off(event, listener)
    if (!this.#isClosed) {
      duplex.on("error", ignore)
      duplex.once("close", () => duplex.off("error", ignore))
    }
    this.#deliver()
    this.#waiters.wake()
  }

  #deliver(): void {
    const resume = this.#reader
    if (resume === undefined) return
    const result = this.#next()
    if (result === undefined) return
    this.#reader = undefined
    resume(result)
  }

  #next(): Pull<Chunks, TransportError> | undefined {
    if (this.#isDestroyed) return this.#failure
    const chunks = this.#readBuffer === undefined ? takeBuffered(this.duplex) : this.#takeRead(this.#readBuffer)
    return chunks === undefined ? (this.#end ?? this.#failed()) : Effect.succeed(chunks)
  }

  /** Reading goes on once nothing waits any more. */
  #takeRead(readBuffer: ReadBuffer): Chunks | undefined {
    const chunks = readBuffer.take()
    if (!this.duplex.destroyed) this.duplex.resume()
    return chunks
  }

  /** Node destroys a duplex before it emits why, so the state is asked too. */
  #failed(): Effect.Effect<never, TransportError> | undefined {
    const { duplex } = this
    if (this.#failure !== undefined || !duplex.destroyed) return this.#failure
    const { errored, readableEnded, writableFinished } = duplex
    if (errored === null && readableEnded && writableFinished) return undefined
    this.#failure = this.#failedWith(errored ?? closedEarly)
    return this.#failure
  }

  #failedWith(error: Error): Effect.Effect<never, TransportError> {
    return Effect.fail(new TransportError({ reason: this.#reason(error) }))
  }
}

/** All that Node has buffered: up to Node 25 one chunk, from Node 26 on one per read of the kernel. */
const takeBuffered = (duplex: Duplex): Chunks | undefined => {
  const first: Uint8Array | null = duplex.read()
  if (first === null) return undefined
  const chunks: NonEmptyArray<Uint8Array> = [first]
  while (duplex.readableLength > 0) {
    const next: Uint8Array | null = duplex.read()
    if (next === null) break
    chunks.push(next)
  }
  return chunks
}

/** libuv's counters, behind an undocumented property that Node's own socket timeout relies on. */
interface Handle {
  readonly bytesWritten: number
  readonly writeQueueSize: number
}

const handleOf = (duplex: Duplex): Handle | undefined => {
  const { _handle: handle } = duplex as { readonly _handle?: Partial<Handle> | null }
  return typeof handle?.bytesWritten === "number" && typeof handle.writeQueueSize === "number"
    ? (handle as Handle)
    : undefined
}

const scopeClosed = Effect.suspend(() => Effect.fail(new TransportError({ reason: new Reset({}) })))

const closedEarly = Object.assign(new Error("closed before its end"), { code: "ERR_STREAM_PREMATURE_CLOSE" })

const nothing = new Uint8Array(0)

const ignore = () => {}
