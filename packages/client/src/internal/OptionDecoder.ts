/**
 * Checks options against a schema and fills in defaults. An option that is undefined counts as absent.
 *
 * For speed, the defaults are decoded once, and afterwards only the options that are given. If one of them is illegal, the
 * whole schema decodes all options again, to produce the error, which names each illegal one.
 */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { InvalidOptions } from "../ConnectError.ts"

/** A struct of options, each of which decodes without services. */
interface Struct extends Schema.ConstraintDecoder<unknown> {
  readonly fields: Readonly<Record<string, Schema.ConstraintDecoder<unknown>>>
}

export type Decode<S extends Schema.Constraint> = (
  options: unknown
) => Effect.Effect<S["Type"], InvalidOptions, S["DecodingServices"]>

/** The plain form: decodes every field, given or not. */
export const whole = <S extends Schema.Constraint>(schema: S): Decode<S> => {
  const decode = Schema.decodeUnknownEffect(schema, strict)
  return (options) => Effect.mapError(decode(given(options)), invalid)
}

/**
 * An option that can be written in several ways fails as each of them. What is wrong inside of a group tells more than that.
 */
const invalid = ({ issue }: Schema.SchemaError): InvalidOptions => {
  const problems = new Map<string, Set<string>>()
  const groups = new Set<string>()
  for (const { message, path = [] } of format(issue).issues) {
    const names = path.map(nameOf)
    const name = names.join(".")
    problems.set(name, (problems.get(name) ?? new Set()).add(message))
    for (let depth = 0; depth < names.length; depth++) groups.add(names.slice(0, depth).join("."))
  }
  const wrong = [...problems].filter(([name]) => !groups.has(name))
  const told = wrong.slice(0, manyIssues).map(([name, messages]) => {
    const message = [...messages].join(" or ").replaceAll(" or Expected ", " or ")
    return name === "" ? message : `${name}: ${message}`
  })
  const more = wrong.length - told.length
  return new InvalidOptions({ problem: [...told, ...(more > 0 ? [`and ${more} more`] : [])].join("; ") })
}

/** The default, but for a key that is no option: Effect calls it an excess property. */
const format = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) =>
    issue._tag === "UnexpectedKey"
      ? "there is no such option here, so check its name and its group"
      : SchemaIssue.defaultLeafHook(issue)
})

const nameOf = (segment: unknown) => (isName.test(String(segment)) ? String(segment) : JSON.stringify(segment))

const isName = /^[\w-]+$/

/** A list of many values may hold as many mistakes, or be bytes where a text belongs. */
const manyIssues = 5

/**
 * The fast form, with the same result, for a struct in which no field is required. `groups` are those of its fields that hold
 * such a struct themselves. Neither may have a check over several fields.
 */
export const byField = <S extends Struct>(schema: S, groups: Readonly<Record<string, Struct>> = {}): Decode<S> => {
  const decodeWhole = whole(schema)
  const decode = fieldwise(schema, groups)
  return (options) => {
    const decoded = decode(options)
    return Result.isSuccess(decoded) ? Effect.succeed(decoded.success) : decodeWhole(options)
  }
}

/** Fails if an option is illegal; the error does not matter. */
type Fieldwise = (options: unknown) => Result.Result<unknown, unknown>

const fieldwise = (schema: Struct, groups: Readonly<Record<string, Struct>>): Fieldwise => {
  const decoders = new Map<string, Fieldwise>()
  const decoderOf = (name: string): Fieldwise => {
    const field = remembering(Schema.decodeUnknownResult(schema.fields[name]!, strict))
    const group = groups[name] && fieldwise(groups[name], {})
    return group === undefined
      ? (option) => field(given(option))
      : (option) => (isPlain(option) ? group(option) : field(option))
  }
  let defaults: object | undefined
  return (options) => {
    if (!isPlain(options)) return notPlain
    defaults ??= Schema.decodeUnknownSync(schema)({}) as object
    const decoded: Record<string, unknown> = { ...defaults }
    for (const name of Object.keys(options)) {
      const option = options[name]
      if (option === undefined) continue
      if (!Object.hasOwn(schema.fields, name)) return notPlain
      const decode = decoders.get(name) ?? decoderOf(name)
      decoders.set(name, decode)
      const result = decode(option)
      if (Result.isFailure(result)) return result
      decoded[name] = result.success
    }
    return Result.succeed(decoded)
  }
}

/**
 * Remembers the last value that decoded to itself, so that the same value is not decoded again. Objects are not remembered, nor
 * values that decoding changes, which may be secrets.
 */
const remembering = (decode: Fieldwise): Fieldwise => {
  let last: Result.Result<unknown, unknown> = notPlain
  return (option) => {
    if (Result.isSuccess(last) && last.success === option) return last
    const result = decode(option)
    if (typeof option !== "object" && Result.isSuccess(result) && result.success === option) last = result
    return result
  }
}

const notPlain = Result.fail(undefined)

const strict = { errors: "all", onExcessProperty: "error" } as const

/** Removes options that are undefined, from plain objects at every depth. */
const given = (value: unknown): unknown => {
  if (!isPlain(value)) return value
  const entries = Object.entries(value).filter(([, option]) => option !== undefined)
  return Object.fromEntries(entries.map(([name, option]) => [name, given(option)]))
}

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  Predicate.isObject(value) && Object.getPrototypeOf(value) === Object.prototype
