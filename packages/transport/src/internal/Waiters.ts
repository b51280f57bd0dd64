/**
 * Fibers that wait for something to change, resumed inline by whoever changes it. What they wait for is the owner's
 * business: `until` looks at its condition again each time.
 */
import * as Effect from "effect/Effect"

export class Waiters {
  /** While nobody waits there is nothing: most streams never have anyone who does. */
  #resumes: Array<(result: Effect.Effect<void>) => void> | undefined

  /** `answer` as soon as it gives one; asked at once, and after every `wake`. */
  until<A, E>(answer: () => Effect.Effect<A, E> | undefined): Effect.Effect<A, E> {
    return Effect.suspend(() => answer() ?? Effect.flatMap(this.#change, () => this.until(answer)))
  }

  get #change(): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      this.#resumes ??= []
      this.#resumes.push(resume)
      return Effect.sync(() => {
        this.#resumes = this.#resumes?.filter((other) => other !== resume)
      })
    })
  }

  wake(): void {
    const resumes = this.#resumes
    this.#resumes = undefined
    if (resumes !== undefined) for (const resume of resumes) resume(Effect.void)
  }
}
