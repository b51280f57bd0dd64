/** Bytes on their way from the peer to the client: one entry per pull, and how it all ends. */
import * as Arr from "effect/Array"
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { Pull } from "effect/Pull"
import type { TransportError } from "../TransportError.ts"

type Chunks = Arr.NonEmptyReadonlyArray<Uint8Array>
type Result = Pull<Chunks, TransportError>

export class Inbound {
  #queue: Array<Chunks> = []
  #end: Pull<never, TransportError> | undefined
  #reader: ((result: Result) => void) | undefined

  readonly pull: Result = Effect.callback<Chunks, TransportError | Cause.Done>((resume) => {
    this.#reader = resume
    this.#deliver()
    return Effect.sync(() => {
      this.#reader = undefined
    })
  })

  send(chunks: ReadonlyArray<Uint8Array>): void {
    const present = chunks.filter((chunk) => chunk.length > 0)
    if (this.#end !== undefined || !Arr.isReadonlyArrayNonEmpty(present)) return
    this.#queue.push(present)
    this.#deliver()
  }

  /** After the bytes before it. The first end counts. */
  end(end: Pull<never, TransportError>): void {
    this.#end ??= end
    this.#deliver()
  }

  /** At once: drops what was not pulled. */
  destroy(end: Pull<never, TransportError>): void {
    this.#queue = []
    this.#end = end
    this.#deliver()
  }

  unread(): number {
    return this.#queue.flat().reduce((sum, chunk) => sum + chunk.length, 0)
  }

  #deliver(): void {
    const resume = this.#reader
    if (resume === undefined) return
    const chunks = this.#queue.shift()
    const result = chunks === undefined ? this.#end : Effect.succeed(chunks)
    if (result === undefined) return
    this.#reader = undefined
    resume(result)
  }
}
