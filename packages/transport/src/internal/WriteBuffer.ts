/**
 * The write side of a byte stream that Node does not buffer: holds what `writeUnsafe` took until its consumer has it, and lets
 * fibers wait for that. The consumer takes chunks when it can, and confirms them once they are sent.
 */
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Effect from "effect/Effect"
import type { TransportError } from "../TransportError.ts"
import { Waiters } from "./Waiters.ts"

export class WriteBuffer {
  readonly #highWaterMark: number
  readonly #onWrite: () => void
  readonly #waiters = new Waiters()
  #queue: Array<Uint8Array> = []
  #accepted = 0
  #confirmed = 0
  #needsDrain = false
  #ended = false
  #failure: Effect.Effect<never, TransportError> | undefined

  /** `onWrite` is called when there may be something to take, and at the end. */
  constructor(highWaterMark: number, onWrite: () => void) {
    this.#highWaterMark = highWaterMark
    this.#onWrite = onWrite
  }

  readonly write = (chunks: NonEmptyReadonlyArray<Uint8Array>): boolean => {
    if (this.#failure !== undefined || this.#ended) return false
    for (const chunk of chunks) {
      this.#queue.push(chunk)
      this.#accepted += chunk.length
    }
    this.#onWrite()
    const isFull = this.unconfirmedBytes() >= this.#highWaterMark
    if (isFull) this.#needsDrain = true
    return !isFull
  }

  readonly unconfirmedBytes = (): number => (this.#failure === undefined ? this.#accepted - this.#confirmed : 0)

  readonly drained: Effect.Effect<void, TransportError> = this.#waiters.until(
    () => this.#failure ?? (this.#needsDrain ? undefined : Effect.void)
  )

  readonly flushed: Effect.Effect<void, TransportError> = Effect.suspend(() => {
    const goal = this.#accepted
    return this.#waiters.until(() => this.#failure ?? (this.#confirmed < goal ? undefined : Effect.void))
  })

  /** Allows no more writes. */
  readonly endUnsafe = (): void => {
    if (this.#ended) return
    this.#ended = true
    this.#onWrite()
  }

  /** Allows no more writes. Succeeds once everything is confirmed. */
  readonly end: Effect.Effect<void, TransportError> = Effect.suspend(() => {
    this.endUnsafe()
    return this.flushed
  })

  /** Whether no more writes are allowed, and all before are confirmed. */
  get isOver(): boolean {
    return this.#ended && this.#failure === undefined && this.#confirmed === this.#accepted
  }

  /** Removes up to `limit` bytes from the front, cutting a chunk where the limit falls. */
  take(limit = Number.POSITIVE_INFINITY): Array<Uint8Array> {
    const taken: Array<Uint8Array> = []
    let room = limit
    let whole = 0
    while (room > 0 && whole < this.#queue.length) {
      const chunk = this.#queue[whole]!
      taken.push(chunk.subarray(0, room))
      if (chunk.length > room) this.#queue[whole] = chunk.subarray(room)
      else whole++
      room -= Math.min(room, chunk.length)
    }
    // All at once: removing the first element of a long array moves all others.
    this.#queue.splice(0, whole)
    return taken
  }

  /** This many of the taken bytes are sent. */
  confirm(bytes: number): void {
    this.#confirmed += bytes
    if (this.#confirmed === this.#accepted) this.#needsDrain = false
    this.#waiters.wake()
  }

  /** Only the first failure counts. Drops what waits. */
  fail(error: TransportError): void {
    this.#failure ??= Effect.fail(error)
    this.#queue = []
    this.#waiters.wake()
  }
}
