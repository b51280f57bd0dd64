/**
 * A signal that something changed, for those who wait until what they look at is as they need it. They are woken in the
 * order in which they came, look again, and wait again.
 */
import * as Effect from "effect/Effect"

export class Changes {
  /** How often something changed. Read it before you look. */
  version = 0
  private readonly waiting = new Set<() => void>()

  changed(): void {
    this.version++
    for (const wake of [...this.waiting]) wake()
  }

  /** Waits for the first change after `version`: at once, when it was missed. */
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

  /** Waits until `look` has an answer. */
  until<A>(look: () => A | undefined): Effect.Effect<A> {
    return Effect.suspend(() => {
      const { version } = this
      const answer = look()
      return answer === undefined ? Effect.flatMap(this.after(version), () => this.until(look)) : Effect.succeed(answer)
    })
  }
}
