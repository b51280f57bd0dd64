/** Bytes on their way from the peer to the client: one entry per pull, and how it all ends. */
import * as Arr from "effect/Array"
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as MutableList from "effect/MutableList"
import type { Pull } from "effect/Pull"
import type { ByteSink } from "../ByteStream.ts"
import { PullSink } from "../internal/PullSink.ts"
import type { TransportError } from "../TransportError.ts"

type Chunks = Arr.NonEmptyReadonlyArray<Uint8Array>

export class Inbound {
  readonly #queue = MutableList.make<Chunks>()
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
    MutableList.append(this.#queue, present)
    this.#deliver()
  }

  /** After the bytes before it: the end of the stream, or a failure. The first one counts. */
  end(failure?: TransportError): void {
    this.#end ??= { failure }
    this.#deliver()
  }

  /** At once: drops what was not pulled. */
  destroy(failure: TransportError): void {
    MutableList.clear(this.#queue)
    this.#end = { failure }
    this.#deliver()
  }

  unread(): number {
    const waiting = MutableList.toArray(this.#queue)
    return waiting.flat().reduce((sum, chunk) => sum + chunk.length, 0)
  }

  #deliver(): void {
    while (this.#sink !== undefined) {
      const sink = this.#sink
      const chunks = MutableList.take(this.#queue)
      if (chunks === MutableList.Empty && this.#end === undefined) return
      // The sink may call `flow`, or end the stream, while it takes the chunks.
      this.#sink = undefined
      if (chunks === MutableList.Empty) sink.ended(this.#end?.failure)
      else if (sink.take(chunks)) this.#sink ??= sink
    }
  }
}
