/**
 * URLs of programs: `ws:` and `wss:` (RFC 6455 §3), parsed by the platform; `ws+unix:` and `wss+unix:`, the path of a
 * unix socket and after a colon the resource name; and shown without what may be secret.
 */
import { Uri } from "@effect-websocket/core"
import type * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { InvalidUrl } from "../ConnectError.ts"
import * as Percent from "./Percent.ts"
import * as Userinfo from "./Userinfo.ts"

export interface ParsedUrl {
  /** What the opening handshake says. */
  readonly uri: Uri.Uri
  /** Where to connect. */
  readonly place: Place
  /** Without userinfo and fragment; the query, which may hold a token, is left out as well. */
  readonly shown: string
  /** What the userinfo makes of the Authorization header; undefined when there is none. */
  readonly authorization: Redacted.Redacted | undefined
}

export interface Place {
  /** An address of IPv6 with its zone, which is nobody else's business (RFC 6874 §4). */
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
    return invalid(`the scheme ${url.protocol} is not ws: or wss:, so write one of these`)
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

/** The same answer. The last URL of each transport is kept as long as that is, since most programs dial one again and again. */
export const parseFor = (transport: object, input: string | URL): ParsedUrl | InvalidUrl => {
  const text = String(input)
  const last = lasts.get(transport)
  if (last?.text === text) return last.url
  const url = parse(text)
  if (!("_tag" in url)) lasts.set(transport, { text, url })
  return url
}

const lasts = new WeakMap<object, { readonly text: string; readonly url: ParsedUrl }>()

/** Scheme, host and port: what has to be the same for two URLs to belong to one another (RFC 6454 §4). */
export const originOf = (uri: Uri.Uri): string => Uri.format({ ...uri, resourceName: "" })

/** The same of a text that is an origin and nothing more, http standing for ws; undefined when it is none. */
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

/** As `ws` and Bun write them. The server has no name, so it is called localhost. */
const unixParts = ({ host, pathname, search }: URL): Parts | undefined => {
  const [path = "", ...resource] = pathname.split(":")
  const socketPath = Percent.decode(path)
  // A NUL may only begin it, as Linux's abstract names do.
  if (host !== "" || socketPath === undefined || !/^\0?[^\0]+$/.test(socketPath)) return undefined
  return { host: "localhost", port: undefined, resourceName: (resource.join(":") || "/") + search, socketPath }
}

/**
 * The platform takes all of it for one path, in which dots of the resource name would lead to another socket: so those are
 * resolved before, as in any other URL.
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

/** The platform takes no zones. In a URL they are written `[fe80::1%25eth0]` (RFC 6874 §2). */
const withoutZone = (text: string): { readonly text: string; readonly zone?: string } => {
  const [, before, zone, after] = /^(wss?:\/\/(?:[^/?#@]*@)?\[[\da-f:.]+)%25([\w.~-]+)(\].*)$/is.exec(text) ?? []
  return zone === undefined ? { text } : { text: `${before}${after}`, zone }
}

/** The parsed parts, for a URL may hide its userinfo in many ways; of what has no such parts, only what holds none. */
const show = (text: string, url: URL | null, zone: string | undefined): string => {
  if (url !== null && url.host !== "") {
    const host = zone === undefined ? url.host : url.host.replace("]", `%25${zone}]`)
    return `${url.protocol}//${host}${url.pathname}`
  }
  if (url !== null && schemes.has(url.protocol)) return `${url.protocol}${url.pathname}`
  return text.includes("@") ? "<redacted>" : text.replace(/[?#].*$/s, "")
}

const schemes: ReadonlySet<string> = new Set(["ws:", "wss:", "ws+unix:", "wss+unix:"])
