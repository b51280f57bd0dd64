/**
 * Those who wait for their turn, first come first served. Only the first is looked at, however many they are; what a turn
 * is, and what comes of it, who owns the line says.
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

  /** Whether the first needs to wait no more, and how it then goes on. */
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
        // Who stood behind it may be content with less.
        if (first === waiting) this.advance()
      })
    })
  }

  /** It may be somebody's turn: those in front go on, as far as that is so. */
  advance(): void {
    for (const waiting of this.line) {
      if (!this.hasTurn(waiting.what)) return
      this.line.delete(waiting)
      waiting.resume(this.go(waiting.what))
    }
  }
}
