/**
 * Messages that are looked at as they are taken, and once their source has ended all at once: nobody may come for what is
 * left. That is no more than the source still kept, and whoever comes gets it in the same order.
 */
import * as Arr from "effect/Array"
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import type { Messages } from "../Connection.ts"
import { Changes } from "./Changes.ts"
import * as Sized from "./Sized.ts"

type Taken<A, RE> = Effect.Effect<Arr.NonEmptyReadonlyArray<A>, RE>

export interface Parts<A, RE> {
  readonly messages: Pick<Messages<A, never, RE, unknown, never>, "messages" | "receiveN">
  /** Looks at a message. */
  readonly see: (message: A) => void
  /** Whether a failure is the end of the source, and not one message's. */
  readonly isEnd: (cause: Cause.Cause<RE>) => boolean
  /** Nothing will be seen any more. */
  readonly over: () => void
}

export class Sighting<A, RE> {
  private readonly parts: Parts<A, RE>
  /** Seen and not taken: batches, and failures of single messages. */
  private readonly rest: Array<Exit.Exit<Arr.NonEmptyReadonlyArray<A>, RE>> = []
  /** How many are taking now, and may see more than was there at the end. */
  private takers = 0
  private isSeeingRest = false
  private hasSeenRest = false
  /** More of the rest was seen, or all of it. */
  private readonly progress = new Changes()

  constructor(parts: Parts<A, RE>) {
    this.parts = parts
  }

  get messages(): Stream.Stream<A, RE> {
    return Stream.transformPull(this.parts.messages.messages, (pull) => Effect.succeed(this.restOr(everything, pull)))
  }

  /** The same with their sizes, but for those of the rest, which the source has kept within its own bounds. */
  get sized(): Stream.Stream<Sized.Sized<A>, RE> {
    return Stream.transformPull(Sized.of<A, RE>(this.parts.messages), (pull) =>
      Effect.succeed(
        Effect.suspend(() => {
          let sizes: ReadonlyArray<number> = []
          const take = Effect.map(pull, (batches) => {
            sizes = batches.flatMap((batch) => batch.sizes)
            return batches.flatMap((batch) => batch.values) as unknown as Arr.NonEmptyReadonlyArray<A>
          })
          return Effect.map(this.restOr(everything, take), (values) =>
            Arr.of({ values, sizes: values.map((_, i) => sizes[i] ?? 0) })
          )
        })
      )
    )
  }

  receiveN(most: number): Taken<A, RE> {
    return this.restOr(most, this.parts.messages.receiveN(most))
  }

  /** To be run when the source has ended: looks at what is left. */
  readonly seeRest: Effect.Effect<void> = Effect.suspend(() => {
    let ended = false
    this.isSeeingRest = true
    const take = Effect.suspend(() => Effect.exit(this.seeing(this.parts.messages.receiveN(everything))))
    return Effect.whileLoop({
      while: () => !ended,
      body: () => take,
      step: (taken) => {
        ended = Exit.isFailure(taken) && this.parts.isEnd(taken.cause)
        if (ended) return
        this.rest.push(taken)
        this.progress.changed()
      }
    })
  }).pipe(
    Effect.tap(() =>
      Effect.sync(() => {
        this.hasSeenRest = true
        this.tell()
      })
    ),
    Effect.ensuring(
      Effect.sync(() => {
        this.isSeeingRest = false
        this.progress.changed()
      })
    )
  )

  private restOr<E>(most: number, take: Taken<A, RE | E>): Taken<A, RE | E> {
    return Effect.suspend(() => {
      const first = this.rest.shift()
      if (first === undefined) return this.isSeeingRest ? this.restLater(most, take) : this.seeing(take)
      if (Exit.isFailure(first) || first.value.length <= most) return first
      this.rest.unshift(Exit.succeed(first.value.slice(most) as unknown as Arr.NonEmptyReadonlyArray<A>))
      return Effect.succeed(first.value.slice(0, most) as unknown as Arr.NonEmptyReadonlyArray<A>)
    })
  }

  /** What is being decoded now comes before the end. */
  private restLater<E>(most: number, take: Taken<A, RE | E>): Taken<A, RE | E> {
    const isThere = this.progress.until(() => (this.rest.length > 0 || !this.isSeeingRest ? true : undefined))
    return Effect.flatMap(isThere, () => this.restOr(most, take))
  }

  private seeing<E>(take: Taken<A, E>): Taken<A, E> {
    return Effect.suspend(() => {
      this.takers++
      const seen = Effect.map(take, (batch) => {
        batch.forEach(this.parts.see)
        return batch
      })
      return Effect.ensuring(
        seen,
        Effect.sync(() => {
          this.takers--
          this.tell()
        })
      )
    })
  }

  private tell(): void {
    if (this.hasSeenRest && this.takers === 0) this.parts.over()
  }
}

/** As many as there are. */
const everything = Number.MAX_SAFE_INTEGER
