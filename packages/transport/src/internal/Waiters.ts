/**
 * Fibers that wait for something to change, resumed inline by whoever changes it. What they wait for is the owner's
 * business: `until` looks at its condition again each time.
 */
import * as Effect from "effect/Effect"

export class Waiters {
  /** While nobody waits there is nothing: most streams never have anyone who does. */
  #waiting: Set<() => void> | undefined

  /** `answer` as soon as it gives one; asked at once, and after every `wake`, but not for one that was interrupted. */
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
