/**
 * Fibers that wait for something to change. Whoever changes it calls `wake`, which resumes them inline if their condition
 * holds.
 */
import * as Effect from "effect/Effect"

export class Waiters {
  readonly #waiting = new Set<() => void>()

  /** Waits until `answer` returns an Effect, and runs that. It is asked at once and on each `wake`, until then. */
  until<A, E>(answer: () => Effect.Effect<A, E> | undefined): Effect.Effect<A, E> {
    return Effect.callback<A, E>((resume) => {
      const now = answer()
      if (now !== undefined) return resume(now)
      const look = () => {
        const later = answer()
        if (later === undefined) return
        this.#waiting.delete(look)
        resume(later)
      }
      this.#waiting.add(look)
      return Effect.sync(() => this.#waiting.delete(look))
    })
  }

  wake(): void {
    for (const look of this.#waiting) look()
  }
}
