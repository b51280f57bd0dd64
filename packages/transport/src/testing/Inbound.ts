/** Bytes on their way from the peer to the client: one entry per pull, and how it all ends. */
import * as Arr from "effect/Array"
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { Pull } from "effect/Pull"
import type { ByteSink } from "../ByteStream.ts"
import { PullSink } from "../internal/PullSink.ts"
import type { TransportError } from "../TransportError.ts"

type Chunks = Arr.NonEmptyReadonlyArray<Uint8Array>

export class Inbound {
  #queue: Array<Chunks | undefined> = []
  /** Those before it were delivered. */
  #head = 0
  #end: { readonly failure: TransportError | undefined } | undefined
  #sink: ByteSink | undefined

  readonly pull: Pull<Chunks, TransportError> = Effect.callback<Chunks, TransportError | Cause.Done>((resume) => {
    const pulling = new PullSink(resume)
    this.flow(pulling)
    return Effect.sync(() => {
      if (this.#sink === pulling) this.#sink = undefined
    })
  })

  readonly flow = (sink: ByteSink): void => {
    this.#sink = sink
    this.#deliver()
  }

  send(chunks: ReadonlyArray<Uint8Array>): void {
    const present = chunks.filter((chunk) => chunk.length > 0)
    if (this.#end !== undefined || !Arr.isReadonlyArrayNonEmpty(present)) return
    this.#queue.push(present)
    this.#deliver()
  }

  /** After the bytes before it: the end of the stream, or a failure. The first one counts. */
  end(failure?: TransportError): void {
    this.#end ??= { failure }
    this.#deliver()
  }

  /** At once: drops what was not pulled. */
  destroy(failure: TransportError): void {
    this.#queue = []
    this.#head = 0
    this.#end = { failure }
    this.#deliver()
  }

  unread(): number {
    const chunks = this.#queue.slice(this.#head) as Array<Chunks>
    return chunks.flat().reduce((sum, chunk) => sum + chunk.length, 0)
  }

  #deliver(): void {
    while (this.#sink !== undefined) {
      const sink = this.#sink
      const chunks = this.#next()
      if (chunks === undefined && this.#end === undefined) return
      // While it takes them it may ask for more, or end the stream.
      this.#sink = undefined
      if (chunks === undefined) sink.ended(this.#end?.failure)
      else if (sink.take(chunks)) this.#sink ??= sink
    }
  }

  /** The first, in the same time however many there are: `shift` would move all others. */
  #next(): Chunks | undefined {
    if (this.#head === this.#queue.length) return undefined
    const chunks = this.#queue[this.#head]
    this.#queue[this.#head++] = undefined
    // Half of it is empty: moving the rest is constant work for each.
    if (this.#head * 2 >= this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head)
      this.#head = 0
    }
    return chunks
  }
}
