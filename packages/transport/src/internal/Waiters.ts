/**
 * Fibers that wait for something to change, resumed inline by whoever changes it. What they wait for is the owner's
 * business: `until` looks at its condition again each time.
 */
import * as Effect from "effect/Effect"

export class Waiters {
  readonly #resumes = new Set<(result: Effect.Effect<void>) => void>()

  readonly #change: Effect.Effect<void> = Effect.callback<void>((resume) => {
    this.#resumes.add(resume)
    return Effect.sync(() => {
      this.#resumes.delete(resume)
    })
  })

  /** `answer` as soon as it gives one; asked at once, and after every `wake`. */
  until<A, E>(answer: () => Effect.Effect<A, E> | undefined): Effect.Effect<A, E> {
    const ask: Effect.Effect<A, E> = Effect.suspend(() => answer() ?? Effect.flatMap(this.#change, () => ask))
    return ask
  }

  wake(): void {
    if (this.#resumes.size === 0) return
    const resumes = [...this.#resumes]
    this.#resumes.clear()
    for (const resume of resumes) resume(Effect.void)
  }
}
