/**
 * Which redirects are followed (RFC 9110 §15.4), and what is sent along. A redirect lets a server choose who gets the next
 * request, so credentials never leave the origin that they were meant for. Once dropped, they are not sent again.
 */
import { HttpHead, type OpeningHandshake, Uri } from "@effect-websocket/core"
import { escapePeerText } from "@effect-websocket/transport"
import * as Equal from "effect/Equal"
import type { Settings } from "../Options.ts"
import type { RedirectOptions } from "../RedirectOptions.ts"
import type { UpgradeRequest } from "./UpgradeRequest.ts"
import * as Url from "./Url.ts"

/** The program's options for redirects, if this status is a redirect that may be followed. */
export const policyFor = ({ settings: { redirects } }: UpgradeRequest, status: number | undefined) =>
  redirects !== false && status !== undefined && statuses.includes(status) ? redirects : undefined

const statuses: ReadonlyArray<number> = [301, 302, 303, 307, 308]

/** The request that follows the last one `sent`, without its cookie; or why the redirect is not followed. */
export const follow = (
  sent: ReadonlyArray<UpgradeRequest>,
  options: RedirectOptions,
  { headers }: OpeningHandshake.Rejected
): Omit<UpgradeRequest, "cookie"> | string => {
  const from = sent.at(-1)!
  if (sent.length > options.limit) return `no more than ${options.limit} in a row are (redirects.limit)`
  if (from.url.place.socketPath !== undefined) return "it came over a unix socket, which leads nowhere else"
  const location = HttpHead.one(headers, "Location")
  if (location === undefined) return "it has no Location header"
  if (location === HttpHead.repeated) return "it has several Location headers"
  const url = resolve(location, from.url.uri)
  if (typeof url === "string") return url
  if (from.url.uri.secure && !url.uri.secure) return "it leads from wss to ws"
  return next(from, url, options)
}

/** Whether the same was asked before: it would be answered the same, unless a cookie has changed. */
export const isCircle = (sent: ReadonlyArray<UpgradeRequest>, { cookie, url }: UpgradeRequest): boolean =>
  sent.some((earlier) => Uri.format(earlier.url.uri) === Uri.format(url.uri) && Equal.equals(earlier.cookie, cookie))

/** The URL of a Location, absolute or relative; or why it is none that a program could have given. */
const resolve = (location: string, base: Uri.Uri): Url.ParsedUrl | string => {
  const url = URL.parse(location.replace(/[\x80-\xff]/g, percentEncoded), Uri.format(base))
  if (url === null) return "its Location does not parse"
  const scheme = { "http:": "ws:", "https:": "wss:", "ws:": "ws:", "wss:": "wss:" }[url.protocol]
  if (scheme === undefined) return `its Location has the scheme ${escapePeerText(url.protocol)}`
  if (url.username !== "" || url.password !== "") return "its Location holds credentials"
  url.protocol = scheme
  url.hash = ""
  const parsed = Url.parse(url)
  return "_tag" in parsed ? `its Location cannot be dialled: ${parsed.problem}` : parsed
}

/** Encodes one octet. What is not ASCII is mostly UTF-8, and the platform would encode it twice if it were taken for text. */
const percentEncoded = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`

const next = (
  { authorization, settings, url: { place, uri } }: UpgradeRequest,
  url: Url.ParsedUrl,
  { keepHeaders, onlyTrusted, trustedOrigins }: RedirectOptions
): Omit<UpgradeRequest, "cookie"> | string => {
  const origin = Url.originOf(url.uri)
  if (origin === Url.originOf(uri)) return { url: { ...url, place }, settings, authorization }
  const isTrusted = trustedOrigins.some((text) => Url.parseOrigin(text) === origin)
  if (onlyTrusted && !isTrusted) return `it leads to ${origin}, which is not among redirects.trustedOrigins`
  const there = isTrusted ? settings : withoutCredentials(settings, keepHeaders)
  return { url, settings: anyHost(there), authorization: undefined }
}

/** Without the program's credentials, and with full verification, whatever the program chose for one server. */
const withoutCredentials = (settings: Settings, keepHeaders: ReadonlyArray<string>): Settings => {
  const { origin: _origin, ...rest } = settings
  const { cert: _cert, key: _key, pfx: _pfx, passphrase: _passphrase, ...tls } = settings.tls
  const kept = new Set(keepHeaders.map((name) => name.toLowerCase()))
  const headers = Object.entries(settings.headers).filter(([name]) => kept.has(name.toLowerCase()))
  return {
    ...rest,
    headers: Object.fromEntries(headers),
    tls: { ...tls, verify: "full" }
  }
}

/** Without the names that the program gave for one host. */
const anyHost = (settings: Settings): Settings => {
  const { host: _host, ...rest } = settings
  const { serverName: _serverName, identity: _identity, ...tls } = settings.tls
  return { ...rest, tls }
}
