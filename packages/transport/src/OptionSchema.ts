/**
 * What the schemas of options are built from: a default that holds in code and in `Config` alike, times, counts and
 * secrets. Each option's own default, and the reason for it, stands where the option does.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** The value of an option that is absent, whether it was made in code or decoded. */
export const withDefault = <S extends Schema.Constraint & Schema.WithoutConstructorDefault>(
  value: NoInfer<S["Type"]>
) => absent<S>(Effect.succeed(value))

/** The same for a group of options: what its schema makes of nothing. */
export const withDefaultsOf = <S extends Schema.Constraint & Schema.WithoutConstructorDefault>(
  group: Group<NoInfer<S["Type"]>>
) => absent<S>(Effect.sync(defaultsOf(group)))

/** What the schema makes of nothing, once it is asked for: each program would wait for all of them while it loads. */
export const defaultsOf = <A>(group: Group<A>): (() => A) => {
  let made: A | undefined
  return () => (made ??= group.make({}))
}

/** A schema of options none of which must be given. */
interface Group<out A> {
  make(options: Record<string, never>): A
}

const absent =
  <S extends Schema.Constraint & Schema.WithoutConstructorDefault>(value: Effect.Effect<S["Type"]>) =>
  (schema: S) =>
    Schema.withConstructorDefault<Schema.withDecodingDefaultTypeKey<S>>(value as never)(
      Schema.withDecodingDefaultTypeKey<S>(value)(schema)
    )

/** A Duration, milliseconds, or a text such as "10 seconds". Longer than zero. */
export const Time = Schema.Union([
  Schema.Duration.annotate({ expected: 'a time such as "10 seconds"' }),
  Schema.DurationFromMillis,
  Schema.DurationFromString
]).check(
  Schema.makeFilter((duration: Duration.Duration) => Duration.toMillis(duration) > 0 || "must be longer than zero")
)

/** What a program gives for a text that is to stay secret; beside it a plain text may be given. */
export const RedactedText = Schema.Redacted(Schema.String).annotate({ expected: "string | Redacted<string>" })

/** A whole number, one or more. */
export const Count = Schema.Int.check(Schema.isGreaterThan(0))

/** A count, or "unlimited": of bytes, what the platform can hold. */
export const Bound = Schema.Union([Count, Schema.Literal("unlimited")])
