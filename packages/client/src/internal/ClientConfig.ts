/**
 * The options of a client from a ConfigProvider: every option that is data has a key below the prefix.
 *
 * A key is looked up as it is named here, and else as the environment names things, so that `reconnect.first` below `WS`
 * is `WS_RECONNECT_FIRST` and `keepAlive.interval` is `WS_KEEP_ALIVE_INTERVAL`.
 */
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Str from "effect/String"
import { ClientData } from "../ClientOptions.ts"

/** What `make` takes, but for the functions. Fails with the keys that are missing or cannot be read. */
export const load = Effect.fnUntraced(function* (
  prefix: string
): Effect.fn.Return<typeof ClientData.Encoded, Config.ConfigError> {
  const provider = yield* ConfigProvider.ConfigProvider
  const named = rooted(ConfigProvider.orElse(provider, environmentNames(provider)))
  return encode(yield* Config.schema(ClientData, prefix).parse(named))
})

const environmentNames = ConfigProvider.mapInput((path) =>
  path.flatMap(
    (segment): ConfigProvider.Path => (typeof segment === "number" ? [segment] : Str.configCase(segment).split("_"))
  )
)

/** Where nothing at all is below the prefix, it is the keys that are missing. */
const rooted = (provider: ConfigProvider.ConfigProvider): ConfigProvider.ConfigProvider =>
  ConfigProvider.make((path) =>
    Effect.map(provider.load(path), (node) => node ?? (path.length === 1 ? nothing : undefined))
  )

const nothing = ConfigProvider.makeRecord(new Set())

const encode = Schema.encodeSync(ClientData)
