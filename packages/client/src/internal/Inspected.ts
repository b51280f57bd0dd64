/**
 * Messages that are inspected as they are taken. Once their source has ended, all that is left is inspected at once, since
 * nobody may come for it. That is no more than the source still kept, and takers get it afterwards in the same order.
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
  readonly inspect: (message: A) => void
  /** Whether a failure is the end of the source, rather than of one message. */
  readonly isEnd: (cause: Cause.Cause<RE>) => boolean
  /** Called once nothing more will be inspected. */
  readonly over: () => void
}

export class Inspected<A, RE> {
  private readonly parts: Parts<A, RE>
  /** Inspected but not taken: batches, and failures of single messages. */
  private readonly rest: Array<Exit.Exit<Arr.NonEmptyReadonlyArray<A>, RE>> = []
  /** How many are taking from the source now. */
  private takers = 0
  private isInspectingRest = false
  private hasInspectedRest = false
  /** Changes when more of the rest was inspected, or all of it. */
  private readonly progress = new Changes()

  constructor(parts: Parts<A, RE>) {
    this.parts = parts
  }

  get messages(): Stream.Stream<A, RE> {
    return Stream.transformPull(this.parts.messages.messages, (pull) => Effect.succeed(this.restOr(everything, pull)))
  }

  /** The same with sizes. Messages of the rest count as 0, since the source has kept them within its own bounds. */
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

  /** Inspects what is left. Run it when the source has ended. */
  readonly inspectRest: Effect.Effect<void> = Effect.suspend(() => {
    let ended = false
    this.isInspectingRest = true
    const take = Effect.suspend(() => Effect.exit(this.inspecting(this.parts.messages.receiveN(everything))))
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
        this.hasInspectedRest = true
        this.tell()
      })
    ),
    Effect.ensuring(
      Effect.sync(() => {
        this.isInspectingRest = false
        this.progress.changed()
      })
    )
  )

  private restOr<E>(most: number, take: Taken<A, RE | E>): Taken<A, RE | E> {
    return Effect.suspend(() => {
      const first = this.rest.shift()
      if (first === undefined) return this.isInspectingRest ? this.restLater(most, take) : this.inspecting(take)
      if (Exit.isFailure(first) || first.value.length <= most) return first
      this.rest.unshift(Exit.succeed(first.value.slice(most) as unknown as Arr.NonEmptyReadonlyArray<A>))
      return Effect.succeed(first.value.slice(0, most) as unknown as Arr.NonEmptyReadonlyArray<A>)
    })
  }

  /** Waits for `inspectRest`: what it is decoding now comes before the end. */
  private restLater<E>(most: number, take: Taken<A, RE | E>): Taken<A, RE | E> {
    const isThere = this.progress.until(() => (this.rest.length > 0 || !this.isInspectingRest ? true : undefined))
    return Effect.flatMap(isThere, () => this.restOr(most, take))
  }

  private inspecting<E>(take: Taken<A, E>): Taken<A, E> {
    return Effect.suspend(() => {
      this.takers++
      const inspected = Effect.map(take, (batch) => {
        batch.forEach(this.parts.inspect)
        return batch
      })
      return Effect.ensuring(
        inspected,
        Effect.sync(() => {
          this.takers--
          this.tell()
        })
      )
    })
  }

  private tell(): void {
    if (this.hasInspectedRest && this.takers === 0) this.parts.over()
  }
}

/** All that there are. */
const everything = Number.MAX_SAFE_INTEGER
