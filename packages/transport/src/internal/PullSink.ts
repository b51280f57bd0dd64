/** One pull of a stream that flows: what comes next, or how the stream has ended. */
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { Pull } from "effect/Pull"
import type { ByteSink } from "../ByteStream.ts"
import type { TransportError } from "../TransportError.ts"

type Resume = (result: Pull<Arr.NonEmptyReadonlyArray<Uint8Array>, TransportError>) => void

/** Makes chunks last that would else be read over. */
interface Owner {
  own(chunk: Uint8Array): Uint8Array
}

export class PullSink implements ByteSink {
  readonly #resume: Resume
  readonly #owner: Owner | undefined

  constructor(resume: Resume, owner?: Owner) {
    this.#resume = resume
    this.#owner = owner
  }

  take(chunks: Arr.NonEmptyReadonlyArray<Uint8Array>): boolean {
    const owner = this.#owner
    this.#resume(Effect.succeed(owner === undefined ? chunks : Arr.map(chunks, (chunk) => owner.own(chunk))))
    return false
  }

  ended(failure: TransportError | undefined): void {
    this.#resume(failure === undefined ? Cause.done() : Effect.fail(failure))
  }
}
