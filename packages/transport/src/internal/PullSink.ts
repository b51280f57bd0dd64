/** One pull of a flowing stream: resumes with the next chunks, or with the end of the stream. */
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { Pull } from "effect/Pull"
import type { ByteSink } from "../ByteStream.ts"
import type { TransportError } from "../TransportError.ts"

type Resume = (result: Pull<NonEmptyReadonlyArray<Uint8Array>, TransportError>) => void

export class PullSink implements ByteSink {
  readonly #resume: Resume

  constructor(resume: Resume) {
    this.#resume = resume
  }

  take(chunks: NonEmptyReadonlyArray<Uint8Array>): boolean {
    this.#resume(Effect.succeed(chunks))
    return false
  }

  ended(failure: TransportError | undefined): void {
    this.#resume(failure === undefined ? Cause.done() : Effect.fail(failure))
  }
}
