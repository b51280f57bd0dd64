/**
 * What is shown to those who watch, and nobody has to: each run of the stream gets what comes from then on, in a buffer
 * of its own in which the newest displace the oldest. While nobody watches nothing is kept.
 */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"

export class Watched<A> {
  private readonly watchers = new Set<Queue.Queue<A, Cause.Done>>()
  private ended = false

  show(element: A): void {
    for (const watcher of this.watchers) Queue.offerUnsafe(watcher, element)
  }

  /** Nothing more will come: streams end, once they gave what they have. */
  end(): void {
    this.ended = true
    for (const watcher of this.watchers) Queue.endUnsafe(watcher)
  }

  get stream(): Stream.Stream<A> {
    return Stream.unwrap(
      Effect.suspend(() =>
        this.ended ? Effect.succeed(Stream.empty) : Effect.map(this.watch, (watcher) => Stream.fromQueue(watcher))
      )
    )
  }

  private get watch() {
    return Effect.acquireRelease(
      Effect.map(Queue.sliding<A, Cause.Done>(newest), (watcher) => {
        this.watchers.add(watcher)
        return watcher
      }),
      (watcher) => Effect.sync(() => this.watchers.delete(watcher))
    )
  }
}

/** Kept for a watcher that is slow: a look at a connection needs no more, and no peer can make it hold more. */
const newest = 64
