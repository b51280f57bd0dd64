/**
 * Messages into values, batch by batch.
 *
 * A batch that decodes without waiting and without a failure is one synchronous loop. At the first message that does not
 * decode the batch is cut: what came before it is handed out first, then the policy decides about it, then the rest has
 * its turn. So nothing overtakes, and a taker that failed or was interrupted loses nothing that came later.
 */
import { escapePeerText } from "@effect-websocket/transport"
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import type * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaParser from "effect/SchemaParser"
import type { Message } from "../Connection.ts"
import { json } from "../MessageCodec.ts"
import { DecodeFailed } from "../MessageErrors.ts"
import type { SchemaOptions } from "../TypedMessages.ts"
import { problemOf } from "./Encoding.ts"

type Batch = NonEmptyReadonlyArray<Message>

/** An Exit, where nothing takes time and nothing is wrong. */
type Decode<A> = (message: Message) => Exit.Exit<A, SchemaIssue.Issue> | Effect.Effect<A, SchemaIssue.Issue>

export class Decoding<A, E> {
  skipped = 0

  private readonly decode: Decode<A>
  private readonly onDecodeError: NonNullable<SchemaOptions<A, unknown, E>["onDecodeError"]>
  /** Taken from the source; their turn comes before the source's. */
  private rest: ReadonlyArray<Message> = []
  /** What the policy still has to do about a message before `rest`. */
  private pending: Effect.Effect<void, E> | undefined

  constructor(options: Omit<SchemaOptions<A, unknown, E>, "send">) {
    const { codec = json, onDecodeError = failWith, receive } = options
    const decode = SchemaParser.decodeUnknownEffect(codec(receive)) as Decode<A>
    const attempt: Decode<A> = (message) => {
      try {
        return decode(message)
      } catch (defect) {
        return Exit.die(defect)
      }
    }
    this.decode = attempt
    this.onDecodeError = onDecodeError
  }

  /**
   * At least one value and at most `most`, of what is at hand or of what `take` brings. `sizes` is told how large the
   * message of each was.
   */
  next<TE>(
    take: (most: number) => Effect.Effect<Batch, TE>,
    most: number,
    sizes?: Array<number>
  ): Effect.Effect<NonEmptyReadonlyArray<A>, TE | E> {
    const next: Effect.Effect<NonEmptyReadonlyArray<A>, TE | E> = Effect.suspend(() => {
      if (this.pending !== undefined) return Effect.andThen(this.settle(this.pending), next)
      const batch = this.takeRest(most)
      return Effect.flatMap(batch === undefined ? take(most) : Effect.succeed(batch), (messages) =>
        Effect.flatMap(this.decodeAll(messages, sizes), (values) =>
          isNonEmpty(values) ? Effect.succeed(values) : next
        )
      )
    })
    return next
  }

  private takeRest(most: number): Batch | undefined {
    const batch = this.rest.slice(0, most)
    this.rest = this.rest.slice(batch.length)
    return isNonEmpty(batch) ? batch : undefined
  }

  /** Interrupted, it is as if it had not begun. */
  private settle(pending: Effect.Effect<void, E>): Effect.Effect<void, E> {
    this.pending = undefined
    return Effect.onInterrupt(pending, () =>
      Effect.sync(() => {
        this.pending = pending
      })
    )
  }

  /** The values up to the first message that does not decode, which is none where that is the first. */
  private decodeAll(batch: Batch, sizes: Array<number> | undefined): Effect.Effect<ReadonlyArray<A>> {
    const values: Array<A> = []
    for (let i = 0; i < batch.length; i++) {
      const decoded = this.decode(batch[i]!)
      if (!isSuccess(decoded)) return this.decodeFrom(batch, i, decoded, values, sizes)
      values.push(decoded.value)
      sizes?.push(batch[i]!.length)
    }
    return Effect.succeed(values)
  }

  /** The same from a message that takes time, or does not decode. Interrupted, it is as if it had not begun. */
  private decodeFrom(
    batch: Batch,
    index: number,
    first: Effect.Effect<A, SchemaIssue.Issue>,
    values: Array<A>,
    sizes: Array<number> | undefined
  ): Effect.Effect<ReadonlyArray<A>> {
    let done = false
    const from = (i: number, decoded: Effect.Effect<A, SchemaIssue.Issue>): Effect.Effect<ReadonlyArray<A>> =>
      Effect.matchCauseEffect(decoded, {
        onSuccess: (value) => {
          values.push(value)
          sizes?.push(batch[i]!.length)
          if (i + 1 < batch.length) return from(i + 1, this.decode(batch[i + 1]!))
          done = true
          return Effect.succeed(values)
        },
        onFailure: (cause) => {
          if (Cause.hasInterruptsOnly(cause)) return Effect.failCause(cause as Cause.Cause<never>)
          this.pending = this.afterFailure(cause, batch[i]!)
          this.rest = [...batch.slice(i + 1), ...this.rest]
          done = true
          return Effect.succeed(values)
        }
      })
    return Effect.onInterrupt(from(index, first), () =>
      Effect.sync(() => {
        if (!done) this.rest = [...batch, ...this.rest]
      })
    )
  }

  /** The policy's, where the message is to blame. What a schema of the program's own dies of, the taker dies of, once. */
  private afterFailure(cause: Cause.Cause<SchemaIssue.Issue>, message: Message): Effect.Effect<void, E> {
    const issue = Cause.findError(cause)
    if (Result.isSuccess(issue)) return this.policyFor(problemOf(issue.success), message)
    return isTooDeep(Cause.squash(cause)) ? this.policyFor(tooDeep, message) : Effect.failCause(issue.failure)
  }

  private policyFor(problem: { readonly problem: string }, message: Message): Effect.Effect<void, E> {
    const failure = new DecodeFailed({ ...excerptOf(message), ...problem })
    return Effect.map(
      Effect.suspend(() => this.onDecodeError(failure, message)),
      () => {
        this.skipped += 1
      }
    )
  }
}

/** Where no other policy is given, `E` is DecodeFailed. */
const failWith = (failure: DecodeFailed): Effect.Effect<never, never> => Effect.fail(failure as never)

const excerptOf = (message: Message) => {
  if (typeof message === "string") {
    return { kind: "text" as const, received: `"${escapePeerText(message.slice(0, longExcerpt))}"` }
  }
  const hex = Array.from(message.subarray(0, shownBytes), (byte) => byte.toString(16).padStart(2, "0")).join("")
  return { kind: "binary" as const, received: `0x${hex}${message.length > shownBytes ? "..." : ""}` }
}

/** A peer can nest a message of a few kilobytes so deep that a recursive schema exhausts the stack. */
const isTooDeep = (defect: unknown): boolean => defect instanceof RangeError && defect.message.includes("call stack")

const tooDeep = { problem: "it is nested too deep" }

const isSuccess = <A, E>(decoded: Effect.Effect<A, E>): decoded is Exit.Success<A, E> =>
  Exit.isExit(decoded) && Exit.isSuccess(decoded)

const isNonEmpty = <T>(values: ReadonlyArray<T>): values is NonEmptyReadonlyArray<T> => values.length > 0

/** More than is ever shown, and little to escape. */
const longExcerpt = 1000

const shownBytes = 32
