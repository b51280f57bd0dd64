/** Bytes on their way from the client to the peer, through a "kernel" that takes all at once unless it is stalled. */
import * as Bytes from "effect/Bytes"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { Pull } from "effect/Pull"
import { Waiters } from "../internal/Waiters.ts"
import { WriteBuffer } from "../internal/WriteBuffer.ts"
import type { TransportError } from "../TransportError.ts"

export class Outbound {
  readonly buffer: WriteBuffer
  readonly #waiters = new Waiters()
  readonly #moved: Array<Uint8Array> = []
  #movedBefore = 0
  #allowance = Number.POSITIVE_INFINITY
  #isBroken = false
  isDestroyed = false

  constructor(highWaterMark: number) {
    this.buffer = new WriteBuffer(highWaterMark, () => this.#move())
  }

  stall(): void {
    this.#allowance = 0
  }

  /** This many bytes more may pass, those that wait first. */
  admit(bytes: number): void {
    this.#allowance += bytes
    this.#move()
  }

  fail(error: TransportError): void {
    this.#isBroken = true
    this.buffer.fail(error)
    this.#waiters.wake()
  }

  destroy(error: TransportError): void {
    this.isDestroyed = true
    this.fail(error)
  }

  /** What passed since the last `take`, as soon as there is something. */
  readonly take: Pull<Uint8Array> = this.#waiters.until<Uint8Array, Cause.Done>(() => {
    const fresh = this.#moved.slice(this.#movedBefore)
    this.#movedBefore = this.#moved.length
    if (fresh.length > 0) return Effect.succeed(Bytes.concat(fresh))
    return this.#isBroken || this.buffer.isOver ? Cause.done() : undefined
  })

  readonly written = (): Uint8Array => Bytes.concat(this.#moved)

  readonly ended: Effect.Effect<void> = this.#waiters.until(() => (this.buffer.isOver ? Effect.void : undefined))
  readonly destroyed: Effect.Effect<void> = this.#waiters.until(() => (this.isDestroyed ? Effect.void : undefined))

  #move(): void {
    const passing = this.buffer.take(this.#allowance)
    const bytes = Bytes.concat(passing)
    this.#allowance -= bytes.length
    if (bytes.length > 0) {
      this.#moved.push(bytes)
      this.buffer.confirm(bytes.length)
    }
    this.#waiters.wake()
  }
}
