/**
 * Messages as values of a schema, both ways, over whatever has messages: a connection or a client.
 *
 * What a value looks like on the wire is the codec's (`MessageCodec`); what becomes of a message that does not decode is
 * the program's decision. Batches stay arrays: a synchronous schema costs one Effect per network read.
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { Message, Messages, SendOptions } from "./Connection.ts"
import { batchSize } from "./internal/BatchSize.ts"
import { Decoding } from "./internal/Decoding.ts"
import { encoderOf } from "./internal/Encoding.ts"
import * as Sized from "./internal/Sized.ts"
import type { MessageCodec } from "./MessageCodec.ts"
import type { DecodeFailed, EncodeFailed } from "./MessageErrors.ts"

/** The schema of each direction, how values become messages, and what becomes of those that do not decode. */
export interface SchemaOptions<A, In, E> {
  /** What comes. */
  readonly receive: Schema.ConstraintDecoder<A>
  /** What is sent. */
  readonly send: Schema.ConstraintCodec<In, unknown, unknown>
  /** Default: `MessageCodec.json`. */
  readonly codec?: MessageCodec
  /**
   * What becomes of a message that does not decode. When the Effect succeeds, it is left out and counted, so
   * `() => Effect.void` skips; what the Effect fails with, the taker fails with, and who takes on gets what came after it.
   * Default: the taker fails with DecodeFailed.
   */
  readonly onDecodeError?: (failure: DecodeFailed, message: Message) => Effect.Effect<unknown, E>
}

/** Messages as values of a schema. */
export interface TypedMessages<A, In, RE, SE, Options = SendOptions> extends Messages<A, In, RE, SE, Options> {
  /** How many messages did not decode and were left out. */
  readonly skipped: Effect.Effect<number>
}

/**
 * The same messages as values of a schema. A value that does not encode is EncodeFailed, and nothing of it is sent; of
 * `sendAll`, nothing at all. Both schemas have to do without services: provide those with the schema itself.
 */
export const schema = <A, In, RE, SE, Options, E = DecodeFailed>(
  messages: Messages<Message, Message, RE, SE, Options>,
  options: SchemaOptions<A, In, E>
): TypedMessages<A, In, RE | E, SE | EncodeFailed, Options> => {
  const decoding = new Decoding(options)
  const encode = encoderOf(options)
  const receiveN = (most: number) => decoding.next(messages.receiveN, batchSize(most))
  const typed: TypedMessages<A, In, RE | E, SE | EncodeFailed, Options> = {
    messages: Stream.transformPull(messages.messages, (pull) => Effect.succeed(decoding.next(() => pull, everything))),
    receive: Effect.map(receiveN(1), (values) => values[0]),
    receiveN,
    send: (value, sending) => Effect.flatMap(encode(value), (message) => messages.send(message, sending)),
    sendAll: (values, sending) =>
      Effect.flatMap(Effect.forEach(values, encode), (encoded) => messages.sendAll(encoded, sending)),
    skipped: Effect.sync(() => decoding.skipped)
  }
  const sized = Stream.transformPull(messages.messages, (pull) =>
    Effect.succeed(
      Effect.suspend(() => {
        const sizes: Array<number> = []
        const values = decoding.next(() => pull, everything, sizes)
        return Effect.map(values, (values) => Arr.of({ values, sizes }))
      })
    )
  )
  Sized.know(typed.messages, sized)
  return typed
}

/** As many as there are. */
const everything = Number.POSITIVE_INFINITY
