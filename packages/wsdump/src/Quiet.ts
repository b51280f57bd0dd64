/** Whether anything still comes. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

export class Quiet {
  private readonly clock: Clock.Clock
  private since: number
  private busy = 0

  static readonly make = Effect.map(Clock.Clock, (clock) => new Quiet(clock))

  private constructor(clock: Clock.Clock) {
    this.clock = clock
    this.since = clock.currentTimeMillisUnsafe()
  }

  /** Runs the Effect. It is not quiet meanwhile, even if the Effect waits for the reader of the output. */
  interruptedBy<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.suspend(() => {
      this.busy++
      return Effect.ensuring(
        effect,
        Effect.sync(() => {
          this.busy--
          this.since = this.clock.currentTimeMillisUnsafe()
        })
      )
    })
  }

  /** Waits until it has been quiet for this long, counted from now on. */
  lasting(duration: Duration.Duration): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.since = this.clock.currentTimeMillisUnsafe()
      return this.left(Duration.toMillis(duration))
    })
  }

  private left(millis: number): Effect.Effect<void> {
    return Effect.suspend(() => {
      const over = this.busy > 0 ? 0 : this.clock.currentTimeMillisUnsafe() - this.since
      return over >= millis ? Effect.void : Effect.andThen(Effect.sleep(millis - over), () => this.left(millis))
    })
  }
}
