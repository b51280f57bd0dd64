/**
 * Elements for those who want to watch them, such as pings. Each run of the stream gets what comes from then on, in its own
 * buffer, in which the newest displace the oldest. While nobody watches, nothing is kept.
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

  /** Nothing more will come: streams end after what is in their buffers. */
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

/** How many elements are kept for a slow watcher. This limits what a peer can make us hold. */
const newest = 64
