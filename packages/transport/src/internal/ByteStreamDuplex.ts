/**
 * A Node duplex over any byte stream, as Node's TLS engine needs. Two fibers of the scope move the bytes, with backpressure in
 * both directions. It never destroys the byte stream, which belongs to whoever opened it. Once there is an engine, a
 * failure is passed to it by `onFailure`, since destroying this duplex would lose the reason. A stream of the program's own may
 * also die, or throw inside Node: that is logged, since the engine has no place for it.
 */
import { Duplex } from "node:stream"
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ByteStream } from "../ByteStream.ts"
import { Reset, TransportError } from "../TransportError.ts"
import { brokenReason } from "./NodeError.ts"
import { Waiters } from "./Waiters.ts"

type Callback = (error?: Error | null) => void

export const make = Effect.fnUntraced(function* (
  stream: ByteStream
): Effect.fn.Return<ByteStreamDuplex, never, Scope.Scope> {
  const duplex = new ByteStreamDuplex(stream)
  yield* Effect.forkScoped(duplex.reading, { startImmediately: true })
  yield* Effect.forkScoped(duplex.writing, { startImmediately: true })
  return duplex
})

export class ByteStreamDuplex extends Duplex {
  /** How many bytes the engine got. */
  bytesRead = 0

  /** Fails the engine; set once that is made. A failure before that destroys this duplex, and the engine hears its error. */
  onFailure: ((error: TransportError) => void) | undefined

  readonly #stream: ByteStream
  readonly #waiters = new Waiters()
  #isWanted = false
  /** What Node waits for: that a write is flushed, or the end is sent. There is only one at a time. */
  #pending: { readonly effect: Effect.Effect<void, TransportError>; readonly done: Callback } | undefined

  constructor(stream: ByteStream) {
    // No autoDestroy: when its duplex closes, the engine gives up, even if it has not passed on everything before the end.
    super({ allowHalfOpen: true, decodeStrings: false, autoDestroy: false })
    this.#stream = stream
  }

  override _read(): void {
    this.#isWanted = true
    this.#waiters.wake()
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: Callback): void {
    this.#write([chunk], done)
  }

  override _writev(chunks: Array<{ readonly chunk: Uint8Array }>, done: Callback): void {
    const [first, ...rest] = chunks.map(({ chunk }) => chunk)
    this.#write([first!, ...rest], done)
  }

  override _final(done: Callback): void {
    this.#await(this.#stream.shutdown, done)
  }

  #write(chunks: NonEmptyReadonlyArray<Uint8Array>, done: Callback): void {
    const flushed = this.#taken(chunks)
    if (flushed === undefined) done()
    else this.#await(flushed, done)
  }

  /** Undefined: they have reached the kernel, as most do at once. A false answer may also mean that the stream has failed. */
  #taken(chunks: NonEmptyReadonlyArray<Uint8Array>): Effect.Effect<void, TransportError> | undefined {
    try {
      const isBelowMark = this.#stream.writeUnsafe(chunks)
      return isBelowMark && this.#stream.unflushedBytes() === 0 ? undefined : this.#stream.flushed
    } catch (defect) {
      return Effect.die(defect)
    }
  }

  #await(effect: Effect.Effect<void, TransportError>, done: Callback): void {
    this.#pending = { effect, done }
    this.#waiters.wake()
  }

  readonly reading: Effect.Effect<void> = Effect.suspend(() =>
    Effect.gen({ self: this }, function* () {
      while (true) {
        yield* this.#waiters.until(() => (this.#isWanted ? Effect.void : undefined))
        this.#isWanted = false
        for (const chunk of yield* this.#stream.pull) {
          this.bytesRead += chunk.length
          this.push(chunk)
        }
      }
    }).pipe(
      Effect.catch((error) =>
        Effect.sync(() => {
          if (Cause.isDone(error)) this.push(null)
          else this.#fail(error)
        })
      ),
      Effect.catchCause((cause) => this.#died(cause)),
      // The scope has closed. An engine that is still in its handshake is not in the scope, and would wait for ever.
      Effect.onInterrupt(() => Effect.sync(() => this.onFailure?.(new TransportError({ reason: new Reset({}) }))))
    )
  )

  readonly writing: Effect.Effect<void> = Effect.suspend(() =>
    Effect.gen({ self: this }, function* () {
      while (true) {
        const { done, effect } = yield* this.#waiters.until(() => this.#pending && Effect.succeed(this.#pending))
        this.#pending = undefined
        yield* effect
        done()
      }
    }).pipe(
      Effect.catch((error) => Effect.sync(() => this.#fail(error))),
      Effect.catchCause((cause) => this.#died(cause))
    )
  )

  #died(cause: Cause.Cause<never>): Effect.Effect<void> {
    const defect = Cause.squash(cause)
    return Effect.andThen(
      Effect.logError("A byte stream died below TLS", defect),
      Effect.sync(() => this.#fail(new TransportError({ reason: brokenReason(defect) })))
    )
  }

  #fail(error: TransportError): void {
    if (this.onFailure === undefined) this.destroy(error)
    else this.onFailure(error)
  }
}
