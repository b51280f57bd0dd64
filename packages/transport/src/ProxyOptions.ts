/** Proxy options. `Route` decides which proxies a connection takes. */
import { HttpHead } from "@effect-websocket/core"
import * as Arr from "effect/Array"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as NoProxyList from "./internal/proxy/NoProxy.ts"
import * as ProxyServer from "./internal/proxy/ProxyServer.ts"
import { defaultsOf, RedactedText, withDefault, withDefaultsOf } from "./OptionSchema.ts"
import { TlsOptions } from "./TlsOptions.ts"

/** `scheme://user:password@host:port`; a URL given as text is kept redacted. */
const ProxyUrl = Schema.Union([Schema.RedactedFromValue(Schema.String), RedactedText]).check(
  Schema.makeFilter((url: Redacted.Redacted<string>) => {
    const server = ProxyServer.parse(Redacted.value(url))
    return typeof server !== "string" || server
  })
)

const HeaderValue = Schema.Union([Schema.String, RedactedText])

const Headers = Schema.Record(Schema.String, HeaderValue).check(
  Schema.makeFilter((headers: Readonly<Record<string, string | Redacted.Redacted<string>>>) => {
    const names = Object.keys(headers)
    const problems = names.flatMap((name) => problemOf(name, textOf(headers[name]!)) ?? [])
    const isRepeated = new Set(names.map((name) => name.toLowerCase())).size < names.length
    return problems[0] ?? (!isRepeated || "a header is given twice")
  })
)

const beside = {
  /**
   * TLS to an `https` proxy: whom to trust, and the client certificate. No other proxy uses it. Default: verify against Node's
   * authorities.
   */
  tls: TlsOptions.pipe(withDefaultsOf(TlsOptions)),
  /** Extra headers of the CONNECT request to an `http` or `https` proxy. A SOCKS proxy has no use for them. Default: none. */
  headers: Headers.pipe(withDefault({}))
}

const Server = Schema.Union([ProxyUrl, Schema.Struct({ url: ProxyUrl, ...beside })])

/** How many proxies one connection may pass through: more than anyone has, and a guard against mistakes. */
export const maxChain = 8

/** No proxy; one proxy; a chain of them, the nearest first; or the one that the environment names. */
export const ProxyOptions = Schema.Union([
  Schema.Literals(["none", "environment"]),
  Schema.Struct({ url: Schema.Literal("environment"), ...beside }),
  Server,
  Schema.NonEmptyArray(Server).check(Schema.isMaxLength(maxChain))
])
export type ProxyOptions = typeof ProxyOptions.Type

/** One proxy, with every default filled in. */
export interface Asked {
  readonly url: "environment" | Redacted.Redacted<string>
  readonly tls: TlsOptions
  readonly headers: typeof Headers.Type
}

/** The proxies of all forms that an option may have; none for "none". */
export const list = (options: ProxyOptions): ReadonlyArray<Asked> => {
  if (options === "none") return []
  const servers: ReadonlyArray<"environment" | typeof Server.Type | Asked> = Arr.ensure(options)
  return servers.map((server) =>
    Predicate.hasProperty(server, "url") ? server : { url: server, tls: tlsDefaults(), headers: {} }
  )
}

const tlsDefaults = defaultsOf(TlsOptions)

const isEntry = (entry: string): boolean => NoProxyList.parse(entry) !== undefined

const entries = "each entry is a name, .name or an address, with or without a port, a network, or *"

const Entry = Schema.String.check(Schema.makeFilter((entry: string) => isEntry(entry) || entries))

const Entries = Schema.String.check(
  Schema.makeFilter((text: string) => NoProxyList.split(text).every(isEntry) || entries)
)

/** Hosts that are dialled directly: a list, or a text with commas or spaces between its entries. */
export const NoProxy = Schema.Union([Schema.Array(Entry), Entries])
export type NoProxy = typeof NoProxy.Type

export const textOf = (value: string | Redacted.Redacted<string>): string =>
  Redacted.isRedacted(value) ? Redacted.value(value) : value

const problemOf = (name: string, value: string): string | undefined => {
  if (!HttpHead.isToken(name)) return "a header's name is a token"
  if (!HttpHead.isFieldValue(value)) return `${name}: a header holds no control characters, and none beyond latin-1`
  return owned.has(name.toLowerCase()) ? `${name} belongs to the protocol` : undefined
}

/** What would make the request another one. */
const owned = new Set([
  "host",
  "content-length",
  "transfer-encoding",
  "connection",
  "upgrade",
  "te",
  "trailer",
  "expect"
])
