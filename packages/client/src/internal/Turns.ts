/**
 * A line of fibers that wait for their turn, first come first served. The owner says when the first one has its turn, and what
 * it does then. Only the first is looked at, however many wait.
 */
import * as Effect from "effect/Effect"

interface Waiting<S, E> {
  readonly what: S
  readonly resume: (effect: Effect.Effect<void, E>) => void
}

export class Turns<S, E> {
  private readonly line = new Set<Waiting<S, E>>()
  private readonly hasTurn: (what: S) => boolean
  private readonly go: (what: S) => Effect.Effect<void, E>

  /** `hasTurn` says whether the first one may go on, and `go` is what it does then. */
  constructor(hasTurn: (what: S) => boolean, go: (what: S) => Effect.Effect<void, E>) {
    this.hasTurn = hasTurn
    this.go = go
  }

  get isEmpty(): boolean {
    return this.line.size === 0
  }

  /** Goes on when it is its turn. */
  wait(what: S): Effect.Effect<void, E> {
    return Effect.callback<void, E>((resume) => {
      const waiting = { what, resume }
      this.line.add(waiting)
      return Effect.sync(() => {
        const [first] = this.line
        this.line.delete(waiting)
        // The one behind it may need less room.
        if (first === waiting) this.advance()
      })
    })
  }

  /** Call this when somebody may have a turn: lets those in front go on, as long as the first one has its turn. */
  advance(): void {
    for (const waiting of this.line) {
      if (!this.hasTurn(waiting.what)) return
      this.line.delete(waiting)
      waiting.resume(this.go(waiting.what))
    }
  }
}
