/**
 * Messages as values of a schema, in both directions, over a connection or a client.
 *
 * The codec (`MessageCodec`) defines what a value looks like on the wire, and the program decides what happens to a message
 * that does not decode. Batches stay arrays: a synchronous schema costs one Effect per network read.
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

/** The schema for each direction, how values become messages, and what happens to messages that do not decode. */
export interface SchemaOptions<A, In, E> {
  /** What the peer sends. */
  readonly receive: Schema.ConstraintDecoder<A>
  /** What the program sends. */
  readonly send: Schema.ConstraintCodec<In, unknown, unknown>
  /** Default: `MessageCodec.json`. */
  readonly codec?: MessageCodec
  /**
   * What happens to a message that does not decode. If the Effect succeeds, the message is skipped and counted, so `() =>
   * Effect.void` just skips it. If it fails, receiving fails with its error, and the next `receive` continues after the
   * message. Default: receiving fails with DecodeFailed.
   */
  readonly onDecodeError?: (failure: DecodeFailed, message: Message) => Effect.Effect<unknown, E>
}

/** Messages as values of a schema. */
export interface TypedMessages<A, In, RE, SE, Options = SendOptions> extends Messages<A, In, RE, SE, Options> {
  /** How many messages did not decode and were skipped. */
  readonly skipped: Effect.Effect<number>
}

/**
 * The same messages as values of a schema. A value that does not encode fails with EncodeFailed and is not sent; with
 * `sendAll`, none of the values is. Neither schema may require services: provide those with the schema itself.
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

/** All that there are. */
const everything = Number.POSITIVE_INFINITY
