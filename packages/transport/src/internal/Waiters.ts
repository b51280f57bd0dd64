/**
 * Fibers that wait for something to change. Whoever changes it calls `wake`, which resumes them inline if their condition
 * holds.
 */
import * as Effect from "effect/Effect"

export class Waiters {
  /** Undefined while nobody waits: on most streams nobody ever does. */
  #waiting: Set<() => void> | undefined

  /** Waits until `answer` returns an Effect, and runs that. It is asked at once and on each `wake`, until then. */
  until<A, E>(answer: () => Effect.Effect<A, E> | undefined): Effect.Effect<A, E> {
    return Effect.callback<A, E>((resume) => {
      const now = answer()
      if (now !== undefined) return resume(now)
      const look = () => {
        const later = answer()
        if (later === undefined) return
        this.#forget(look)
        resume(later)
      }
      this.#waiting ??= new Set()
      this.#waiting.add(look)
      return Effect.sync(() => this.#forget(look))
    })
  }

  wake(): void {
    if (this.#waiting !== undefined) for (const look of this.#waiting) look()
  }

  #forget(look: () => void): void {
    this.#waiting?.delete(look)
    if (this.#waiting?.size === 0) this.#waiting = undefined
  }
}
