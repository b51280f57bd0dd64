/**
 * Where a client stands, for those who look and for those who follow. Whoever follows slowly misses the older ones.
 */
import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"
import * as Stream from "effect/Stream"
import type { Status } from "../Status.ts"

export class StatusBoard {
  current: Status
  /** The status now and each one after it, to `Stopped`. */
  readonly changes: Stream.Stream<Status>
  private readonly pubsub: PubSub.PubSub<Status>

  constructor(pubsub: PubSub.PubSub<Status>, first: Status) {
    this.pubsub = pubsub
    this.current = first
    this.changes = Stream.takeUntil(Stream.fromPubSub(pubsub), ({ _tag }) => _tag === "Stopped")
  }

  /** Where it stands from now on: those who look see it at once, those who follow when the effect has run. */
  set(status: Status): Effect.Effect<boolean> {
    this.current = status
    return PubSub.publish(this.pubsub, status)
  }
}

/** `first` is where it stands until it is told otherwise. */
export const make = (first: Status): Effect.Effect<StatusBoard> =>
  Effect.map(PubSub.sliding<Status>({ capacity, replay: 1 }), (pubsub) => new StatusBoard(pubsub, first))

/** A follower may fall behind by so many. */
const capacity = 16
