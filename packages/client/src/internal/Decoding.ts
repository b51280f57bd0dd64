/**
 * Decodes messages, batch by batch.
 *
 * A batch that decodes without waiting and without a failure is one synchronous loop. If a message does not decode, the values
 * before it are returned first; the next call runs the policy for that message, and then the rest is decoded. So the order is
 * kept, and a taker that failed or was interrupted loses no later message.
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

/** Returns an Exit if decoding neither waits nor fails. */
type Decode<A> = (message: Message) => Exit.Exit<A, SchemaIssue.Issue> | Effect.Effect<A, SchemaIssue.Issue>

export class Decoding<A, E> {
  skipped = 0

  private readonly decode: Decode<A>
  private readonly onDecodeError: NonNullable<SchemaOptions<A, unknown, E>["onDecodeError"]>
  /** Messages taken from the source and not decoded yet: they come before more from the source. */
  private rest: ReadonlyArray<Message> = []
  /** What the policy still has to do for the message before `rest`. */
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
   * At least one value and at most `most`, from messages at hand or from `take`. Appends the size of each value's message to
   * `sizes`.
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

  /** Runs the policy. If that is interrupted, it will run again. */
  private settle(pending: Effect.Effect<void, E>): Effect.Effect<void, E> {
    this.pending = undefined
    return Effect.onInterrupt(pending, () =>
      Effect.sync(() => {
        this.pending = pending
      })
    )
  }

  /** The values up to the first message that does not decode; none if that is the first. */
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

  /** Continues at a message that waits or does not decode. If it is interrupted, the whole batch is decoded again later. */
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

  /** The policy decides if the message is at fault. If the program's schema dies, the taker dies too, once. */
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

/** The default policy: without another, `E` is DecodeFailed. */
const failWith = (failure: DecodeFailed): Effect.Effect<never, never> => Effect.fail(failure as never)

const excerptOf = (message: Message) => {
  if (typeof message === "string") {
    return { kind: "text" as const, received: `"${escapePeerText(message.slice(0, longExcerpt))}"` }
  }
  const hex = Array.from(message.subarray(0, shownBytes), (byte) => byte.toString(16).padStart(2, "0")).join("")
  return { kind: "binary" as const, received: `0x${hex}${message.length > shownBytes ? "..." : ""}` }
}

/** Whether the stack overflowed: a peer can nest a message of a few KiB so deep that a recursive schema does that. */
const isTooDeep = (defect: unknown): boolean => defect instanceof RangeError && defect.message.includes("call stack")

const tooDeep = { problem: "it is nested too deep" }

const isSuccess = <A, E>(decoded: Effect.Effect<A, E>): decoded is Exit.Success<A, E> =>
  Exit.isExit(decoded) && Exit.isSuccess(decoded)

const isNonEmpty = <T>(values: ReadonlyArray<T>): values is NonEmptyReadonlyArray<T> => values.length > 0

/** More characters than are ever shown, and few enough to escape quickly. */
const longExcerpt = 1000

const shownBytes = 32
