/**
 * A signal that something changed, for fibers that wait for a condition. They are woken in the order in which they came, and
 * each looks at its condition again.
 */
import * as Effect from "effect/Effect"

export class Changes {
  /** How often something changed. Read it before you look at the state, and give it to `after`. */
  version = 0
  private readonly waiting = new Set<() => void>()

  changed(): void {
    this.version++
    for (const wake of [...this.waiting]) wake()
  }

  /** Waits for the first change after `version`. Succeeds at once if that has happened already. */
  after(version: number): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      if (this.version !== version) return resume(Effect.void)
      const wake = () => {
        this.waiting.delete(wake)
        resume(Effect.void)
      }
      this.waiting.add(wake)
      return Effect.sync(() => {
        this.waiting.delete(wake)
      })
    })
  }

  /** Waits until `look` returns something. */
  until<A>(look: () => A | undefined): Effect.Effect<A> {
    return Effect.suspend(() => {
      const { version } = this
      const answer = look()
      return answer === undefined ? Effect.flatMap(this.after(version), () => this.until(look)) : Effect.succeed(answer)
    })
  }
}
