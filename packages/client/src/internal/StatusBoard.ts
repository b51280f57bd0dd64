/**
 * The status of a client: the current one for those who look, and a stream for those who follow. A slow follower misses older
 * ones.
 */
import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"
import * as Stream from "effect/Stream"
import type { Status } from "../Status.ts"

export class StatusBoard {
  current: Status
  /** The current status and each later one, up to `Stopped`. */
  readonly changes: Stream.Stream<Status>
  private readonly pubsub: PubSub.PubSub<Status>

  constructor(pubsub: PubSub.PubSub<Status>, first: Status) {
    this.pubsub = pubsub
    this.current = first
    this.changes = Stream.takeUntil(Stream.fromPubSub(pubsub), ({ _tag }) => _tag === "Stopped")
  }

  /** Sets the status and tells followers. */
  update(status: Status): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.current = status
      return this.publish
    })
  }

  /** Tells followers the current status, after it was set alone. */
  readonly publish: Effect.Effect<void> = Effect.suspend(() => Effect.asVoid(PubSub.publish(this.pubsub, this.current)))
}

export const make = (first: Status): Effect.Effect<StatusBoard> =>
  Effect.map(PubSub.sliding<Status>({ capacity, replay: 1 }), (pubsub) => new StatusBoard(pubsub, first))

/** By how many a follower may fall behind before it misses one. */
const capacity = 16
