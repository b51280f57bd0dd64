/**
 * The options of a client from a ConfigProvider: every option that is data has a key below the prefix.
 *
 * A key is looked up by its name in code, and then by its name in the environment: below `WS`, `reconnect.first` is
 * `WS_RECONNECT_FIRST` and `keepAlive.interval` is `WS_KEEP_ALIVE_INTERVAL`. The name of a header is not translated. In the
 * environment its words are joined with hyphens, so `WS_HEADERS_X_API_KEY` is `X-API-KEY`.
 *
 * A key that is no option is an error if it is written as in code. In upper case it is only named in a warning: variables such
 * as `WS_PORT` or `WS_SERVICE_HOST` may belong to other programs.
 */
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as Str from "effect/String"
import { ClientData, type ClientOptions, type FromFunctions } from "../ClientOptions.ts"

type Path = ConfigProvider.Path

/** The options for `Client.make`. Those in `functions` are not read. Fails with the keys that are missing or cannot be read. */
export const load = Effect.fnUntraced(function* <R = never>(
  prefix: string,
  functions: FromFunctions<R> = {}
): Effect.fn.Return<ClientOptions<R>, Config.ConfigError> {
  const provider = yield* ConfigProvider.ConfigProvider
  const given = Object.fromEntries(Object.entries(functions).filter(([, value]) => value !== undefined))
  const schema = without(Object.keys(given))
  const keys = new Keys(Object.keys(given).map((name) => [prefix, name]))
  const named = switched(headersJoined(ConfigProvider.orElse(provider, provider.mapInput(environmentPath))))
  const data = yield* Config.schema(schema, prefix).parse(keys.watched(named))
  const [unknown] = keys.unknown
  if (unknown !== undefined) return yield* refused(unknown)
  const unread = new Set(Object.keys(given).map((name) => environmentName([prefix, name])))
  const strays = straysBelow(provider, environmentPath([prefix]), { asked: keys.asked, unread })
  // The options were read. A provider that fails when it is asked for the rest costs only the warning.
  const found = yield* Effect.orElseSucceed(strays, () => [])
  yield* warned(found)
  return { ...Schema.encodeSync(schema)(data), ...given }
})

/** The schema of the options that are left to read. */
const without = (given: ReadonlyArray<string>) =>
  Schema.Struct(
    Object.fromEntries(Object.entries(ClientData.fields).filter(([name]) => !given.includes(name)))
  ) as unknown as typeof ClientData

const environmentPath = (path: Path): Path => {
  const end = headersAt(path) + 1 || path.length
  return [...path.slice(0, end).flatMap(words), ...path.slice(end)]
}

const environmentName = (path: Path): string => environmentPath(path).join("_")

const words = (segment: string | number): Path =>
  typeof segment === "number" ? [segment] : Str.configCase(segment).split("_")

/** The index of `headers` in a path, after which a header's name follows; -1 if it has none. */
const headersAt = (path: Path): number => path.indexOf("headers", 1)

/** Finds headers by their whole names, however many words the environment splits them into. */
const headersJoined = (provider: ConfigProvider.ConfigProvider): ConfigProvider.ConfigProvider =>
  ConfigProvider.make((path) => {
    const end = headersAt(path) + 1
    if (end === 0) return provider.load(path)
    return Effect.map(headersBelow(provider, path.slice(0, end)), ({ headers, node }) => {
      if (path.length > end) return headers.get(String(path[end]))
      return node?._tag === "Record" ? ConfigProvider.makeRecord(new Set(headers.keys()), node.value) : node
    })
  })

/**
 * The environment may have both an option and keys below it: the option can turn it off, and if it is "true" the keys count.
 */
const switched = (provider: ConfigProvider.ConfigProvider): ConfigProvider.ConfigProvider =>
  ConfigProvider.make((path) =>
    Effect.map(provider.load(path), (node) => {
      if (path.length !== 2 || node?.value === undefined) return node
      if (off.has(node.value)) return ConfigProvider.makeValue(node.value)
      return node._tag === "Record" && node.value === "true" ? ConfigProvider.makeRecord(node.keys) : node
    })
  )

const off: ReadonlySet<string> = new Set(["false", "none"])

const headersBelow = Effect.fnUntraced(function* (
  provider: ConfigProvider.ConfigProvider,
  path: Path
): Effect.fn.Return<Headers, ConfigProvider.SourceError> {
  const node = yield* provider.load(path)
  const headers = new Map<string, ConfigProvider.Node>()
  for (const word of wordsOf(node)) {
    const below = yield* headersBelow(provider, [...path, word])
    const own = isEnvironments(word) ? ownValue(below.node) : below.node
    if (own !== undefined) headers.set(String(word), own)
    if (isEnvironments(word)) for (const [rest, header] of below.headers) headers.set(`${word}-${rest}`, header)
  }
  return { node, headers }
})

interface Headers {
  readonly node: ConfigProvider.Node | undefined
  readonly headers: ReadonlyMap<string, ConfigProvider.Node>
}

const wordsOf = (node: ConfigProvider.Node | undefined): Path => {
  if (node?._tag === "Record") return [...node.keys]
  return node?._tag === "Array" ? Array.from({ length: node.length }, (_, i) => i) : []
}

const ownValue = (node: ConfigProvider.Node | undefined) =>
  node?.value === undefined ? undefined : ConfigProvider.makeValue(node.value)

/** The variables that no option is called. Any name may be a header's, and below `unread` nothing was asked for. */
const straysBelow = Effect.fnUntraced(function* (
  provider: ConfigProvider.ConfigProvider,
  path: Path,
  names: { readonly asked: ReadonlySet<string>; readonly unread: ReadonlySet<string> }
): Effect.fn.Return<ReadonlyArray<string>, ConfigProvider.SourceError> {
  const node = yield* provider.load(path)
  const name = path.join("_")
  if (node === undefined || names.unread.has(name) || path.at(-1) === "HEADERS") return []
  const isAsked = names.asked.has(name)
  if (node._tag === "Array") return isAsked ? [] : [`${name}_*`]
  const own = node.value === undefined || isAsked ? [] : [name]
  if (node._tag === "Value" || off.has(node.value ?? "")) return own
  const words = [...node.keys].filter(isEnvironments)
  const below = yield* Effect.forEach(words, (word) => straysBelow(provider, [...path, word], names))
  return [...own, ...below.flat()]
})

const warned = (strays: ReadonlyArray<string>): Effect.Effect<void> =>
  strays.length === 0
    ? Effect.void
    : Effect.logWarning(
        `No option of a WebSocket client is called ${strays.join(", ")}: check the spelling, unless another program reads it`
      )

const isEnvironments = (word: string | number): boolean => String(word) === String(word).toUpperCase()

/** The keys that a provider has listed and those that a schema asked for, to find those that are no option. */
class Keys {
  readonly #known: Set<string>
  readonly #listed = new Map<string, Path>()
  /** What the schema asked for, by the names in the environment. */
  readonly asked = new Set<string>()

  constructor(known: ReadonlyArray<Path>) {
    this.#known = new Set(known.map((path) => JSON.stringify(path)))
  }

  /** If there is nothing below the prefix, it answers with an empty record, so that the error names the missing keys. */
  watched(provider: ConfigProvider.ConfigProvider): ConfigProvider.ConfigProvider {
    return ConfigProvider.make((path) =>
      Effect.map(provider.load(path), (node) => {
        this.#known.add(JSON.stringify(path))
        this.asked.add(environmentName(path))
        if (node?._tag === "Record") for (const key of node.keys) this.#list([...path, key])
        return node ?? (path.length === 1 ? nothing : undefined)
      })
    )
  }

  get unknown(): ReadonlyArray<Path> {
    return [...this.#listed].filter(([text]) => !this.#known.has(text)).map(([, path]) => path)
  }

  #list(path: Path): void {
    if (!isEnvironments(path.at(-1)!)) this.#listed.set(JSON.stringify(path), path)
  }
}

const refused = (path: Path) =>
  Effect.fail(
    new Config.ConfigError(
      new Schema.SchemaError(new SchemaIssue.Pointer(path, new SchemaIssue.UnexpectedKey(ClientData.ast)))
    )
  )

const nothing = ConfigProvider.makeRecord(new Set())
