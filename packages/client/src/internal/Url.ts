/**
 * URLs of programs: `ws:` and `wss:` (RFC 6455 §3), parsed by the platform; and `ws+unix:` and `wss+unix:`, which have the path
 * of a unix socket and, after a colon, the resource name. Also how they are shown, without what may be secret.
 */
import { Uri } from "@effect-websocket/core"
import type * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { InvalidUrl } from "../ConnectError.ts"
import * as Percent from "./Percent.ts"
import * as Userinfo from "./Userinfo.ts"

export interface ParsedUrl {
  /** For the opening handshake. */
  readonly uri: Uri.Uri
  /** Where to connect. */
  readonly place: Place
  /** Without userinfo and fragment; the query, which may hold a token, is left out as well. */
  readonly shown: string
  /** The Authorization header that the userinfo becomes; undefined if there is none. */
  readonly authorization: Redacted.Redacted | undefined
}

export interface Place {
  /** An IPv6 address keeps its zone, which must not be sent to the server (RFC 6874 §4). */
  readonly host: string
  readonly port: number
  readonly socketPath?: string
}

export const parse = (input: string | URL): ParsedUrl | InvalidUrl => {
  const { text, zone } = withoutZone(String(input))
  const url = URL.parse(withResource(text))
  const shown = show(text, url, zone)
  const invalid = (problem: string) => new InvalidUrl({ url: shown, problem })
  if (url === null) return invalid("it does not parse: write ws://host:port/path or wss://host:port/path")
  if (!schemes.has(url.protocol)) {
    return invalid(`the scheme ${url.protocol} is not ws: or wss:, so begin with ws:// or wss://`)
  }
  const authorization = Userinfo.authorizationOf(url)
  if (Result.isFailure(authorization)) return invalid(`${authorization.failure}: use the option headers`)
  if (url.hash !== "" || text.includes("#")) return invalid("a WebSocket URL has no fragment (RFC 6455 §3)")
  const secure = url.protocol.startsWith("wss")
  const parts = url.protocol.endsWith("+unix:") ? unixParts(url) : networkParts(url)
  if (parts === undefined) {
    return invalid("a unix socket is written ws+unix:/path/to/socket:/resource, its path percent-encoded")
  }
  const port = parts.port ?? Uri.defaultPort(secure)
  const uri = Uri.make({ secure, host: parts.host, port, resourceName: parts.resourceName })
  if ("_tag" in uri) return invalid(`${uri.part}: ${uri.problem}`)
  const { socketPath } = parts
  const host = zone === undefined ? uri.host : `${uri.host}%${zone}`
  const place = { host, port, ...(socketPath !== undefined && { socketPath }) }
  return { uri, place, shown, authorization: authorization.success }
}

/** Like `parse`, but remembers the last URL of each transport, since most programs dial the same one again and again. */
export const parseFor = (transport: object, input: string | URL): ParsedUrl | InvalidUrl => {
  const text = String(input)
  const last = lasts.get(transport)
  if (last?.text === text) return last.url
  const url = parse(text)
  if (!("_tag" in url)) lasts.set(transport, { text, url })
  return url
}

const lasts = new WeakMap<object, { readonly text: string; readonly url: ParsedUrl }>()

/** The origin: scheme, host and port (RFC 6454 §4). */
export const originOf = (uri: Uri.Uri): string => Uri.format({ ...uri, resourceName: "" })

/** The origin that a text names, where http counts as ws; undefined if it is not an origin and nothing more. */
export const parseOrigin = (text: string): string | undefined => {
  const url = parse(text.replace(/^http(s?:)/i, "ws$1"))
  if ("_tag" in url || url.place.socketPath !== undefined) return undefined
  const isOrigin = url.uri.resourceName === "/" && url.authorization === undefined
  return isOrigin ? originOf(url.uri) : undefined
}

interface Parts {
  readonly host: string
  readonly port: number | undefined
  readonly resourceName: string
  readonly socketPath?: string
}

const networkParts = ({ hostname, pathname, port, search }: URL): Parts => ({
  host: hostname.replace(/^\[|\]$/g, ""),
  port: port === "" ? undefined : Number(port),
  resourceName: pathname + search
})

/** Written as in `ws` and Bun. The server has no name, so its host is localhost. */
const unixParts = ({ host, pathname, search }: URL): Parts | undefined => {
  const [path = "", ...resource] = pathname.split(":")
  const socketPath = Percent.decode(path)
  // Only the first character may be NUL, for Linux's abstract names.
  if (host !== "" || socketPath === undefined || !/^\0?[^\0]+$/.test(socketPath)) return undefined
  return { host: "localhost", port: undefined, resourceName: (resource.join(":") || "/") + search, socketPath }
}

/**
 * Resolves the dots of the resource name before the platform parses the URL. The platform takes socket and resource name for
 * one path, so dots in the resource name would lead to another socket.
 */
const withResource = (text: string): string =>
  text.replace(unixResource, (_, socket: string, given: string) => {
    const resource = given.replace(/[\t\n\r]/g, "")
    return (
      socket +
      (/^[/\\]/.test(resource) ? new URL(`ws://localhost${resource}`).pathname : resource.replace(/[/\\]/g, "%2F"))
    )
  })

const unixResource = /^([\0- ]*wss?\+unix:(?!\/\/[^/])[^:?#]*:)([^?#]+)/i

/** Takes the zone out, since the platform does not parse it. In a URL it is written `[fe80::1%25eth0]` (RFC 6874 §2). */
const withoutZone = (text: string): { readonly text: string; readonly zone?: string } => {
  const [, before, zone, after] = /^(wss?:\/\/(?:[^/?#@]*@)?\[[\da-f:.]+)%25([\w.~-]+)(\].*)$/is.exec(text) ?? []
  return zone === undefined ? { text } : { text: `${before}${after}`, zone }
}

/** Shows the parsed parts, since a text can hide userinfo in many ways. What did not parse is only shown without an @. */
const show = (text: string, url: URL | null, zone: string | undefined): string => {
  if (url !== null && url.host !== "") {
    const host = zone === undefined ? url.host : url.host.replace("]", `%25${zone}]`)
    return `${url.protocol}//${host}${url.pathname}`
  }
  if (url !== null && schemes.has(url.protocol)) return `${url.protocol}${url.pathname}`
  return text.includes("@") ? "<redacted>" : text.replace(/[?#].*$/s, "")
}

const schemes: ReadonlySet<string> = new Set(["ws:", "wss:", "ws+unix:", "wss+unix:"])
