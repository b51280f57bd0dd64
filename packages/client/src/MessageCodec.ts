/**
 * How values become messages: a codec turns a schema of values into a schema whose encoded side is a message, text or bytes.
 *
 * `json` is the default. Functions of `effect/encoding` that turn a schema into a codec of bytes, such as
 * `SchemaBinary.toCodec`, work as they are; `make` turns a pair of functions from another library into a codec.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaTransformation from "effect/SchemaTransformation"
import type { Message } from "./Connection.ts"

export type MessageCodec = <S extends Schema.Constraint>(
  schema: S
) => Schema.ConstraintCodec<S["Type"], Message, S["DecodingServices"], S["EncodingServices"]>

/** JSON in text messages. Types that JSON lacks (Date, bytes, bigint) are written as by `Schema.toCodecJson`. */
export const json: MessageCodec = (schema) => unchecked(parseAndFormat, Schema.toCodecJson(schema))

/**
 * A codec of two functions, such as MessagePack's or CBOR's. They work on the encoded side of the schema, and may throw: what
 * they throw becomes the `problem` of DecodeFailed or EncodeFailed.
 */
export const make =
  (functions: {
    readonly decode: (message: Message) => unknown
    readonly encode: (value: unknown) => Message
  }): MessageCodec =>
  (schema) =>
    unchecked({ decode: attempt(functions.decode), encode: attempt(functions.encode) }, schema)

/** The same with Effects, for functions that take time or fail with an error, whose message becomes the `problem`. */
export const makeEffect =
  (functions: {
    readonly decode: (message: Message) => Effect.Effect<unknown, unknown>
    readonly encode: (value: unknown) => Effect.Effect<Message, unknown>
  }): MessageCodec =>
  (schema) => {
    const decode = (message: Message) => Effect.mapError(functions.decode(message), issueOf)
    const encode = (value: unknown) => Effect.mapError(functions.encode(value), issueOf)
    return unchecked({ decode, encode }, schema)
  }

interface Steps {
  readonly decode: (message: Message) => Effect.Effect<unknown, SchemaIssue.Issue>
  readonly encode: (value: unknown) => Effect.Effect<Message, SchemaIssue.Issue>
}

/** The types are unchecked: only the schema, which runs next, can tell whether the decoded value is its encoded side. */
const unchecked = <S extends Schema.Constraint>(steps: Steps, schema: Schema.Constraint) =>
  AnyMessage.pipe(
    Schema.decodeTo(schema, SchemaTransformation.transformEffect(steps as never))
  ) as unknown as Schema.ConstraintCodec<S["Type"], Message, S["DecodingServices"], S["EncodingServices"]>

const AnyMessage = Schema.Union([Schema.String, Schema.Uint8Array])

/** Returns an Exit, so that nothing has to run unless something waits. */
const attempt =
  <A, B>(f: (value: A) => B) =>
  (value: A): Effect.Effect<B, SchemaIssue.Issue> => {
    try {
      return Effect.succeed(f(value))
    } catch (thrown) {
      return Effect.fail(issueOf(thrown))
    }
  }

const issueOf = (failure: unknown): SchemaIssue.Issue =>
  new SchemaIssue.InvalidValue({ message: failure instanceof Error ? failure.message : String(failure) })

const parseAndFormat: Steps = {
  decode: attempt((message) => {
    if (typeof message !== "string") throw new Error("Expected JSON text, not a binary message")
    return JSON.parse(message)
  }),
  encode: attempt((value) => JSON.stringify(value))
}
