/**
 * URLs of programs: `ws:` and `wss:` (RFC 6455 §3), parsed by the platform; `ws+unix:` and `wss+unix:`, the path of a
 * unix socket and after a colon the resource name; and shown without what may be secret.
 */
import { Uri } from "@effect-websocket/core"
import { InvalidUrl } from "../ConnectError.ts"

export interface ParsedUrl {
  /** What the opening handshake says. */
  readonly uri: Uri.Uri
  /** Where to connect. */
  readonly place: Place
  /** Without userinfo and fragment; the query, which may hold a token, is left out as well. */
  readonly shown: string
}

export interface Place {
  /** An address of IPv6 with its zone, which is nobody else's business (RFC 6874 §4). */
  readonly host: string
  readonly port: number
  readonly socketPath?: string
}

export const parse = (input: string | URL): ParsedUrl | InvalidUrl => {
  const { text, zone } = withoutZone(String(input))
  const url = URL.canParse(text) ? new URL(text) : undefined
  const shown = show(text, url, zone)
  const invalid = (problem: string) => new InvalidUrl({ url: shown, problem })
  if (url === undefined) return invalid("it does not parse: write ws://host:port/path or wss://host:port/path")
  if (!schemes.has(url.protocol)) {
    return invalid(`the scheme ${url.protocol} is not ws: or wss:, so write one of these`)
  }
  if (url.username !== "" || url.password !== "") {
    return invalid("it holds credentials: give them as an Authorization header")
  }
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
  return { uri, place: { host, port, ...(socketPath !== undefined && { socketPath }) }, shown }
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
  const socketPath = decode(path)
  // A NUL may only begin it, as Linux's abstract names do.
  if (host !== "" || socketPath === undefined || !/^\0?[^\0]+$/.test(socketPath)) return undefined
  return { host: "localhost", port: undefined, resourceName: (resource.join(":") || "/") + search, socketPath }
}

const decode = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** The platform takes no zones. In a URL they are written `[fe80::1%25eth0]` (RFC 6874 §2). */
const withoutZone = (text: string): { readonly text: string; readonly zone?: string } => {
  const [, before, zone, after] = /^(wss?:\/\/(?:[^/?#@]*@)?\[[\da-f:.]+)%25([\w.~-]+)(\].*)$/is.exec(text) ?? []
  return zone === undefined ? { text } : { text: `${before}${after}`, zone }
}

/** The parsed parts, for a URL may hide its userinfo in many ways; of what has no such parts, only what holds none. */
const show = (text: string, url: URL | undefined, zone: string | undefined): string => {
  if (url !== undefined && url.host !== "") {
    const host = zone === undefined ? url.host : url.host.replace("]", `%25${zone}]`)
    return `${url.protocol}//${host}${url.pathname}`
  }
  if (url !== undefined && schemes.has(url.protocol)) return `${url.protocol}${url.pathname}`
  return text.includes("@") ? "<redacted>" : text.replace(/[?#].*$/s, "")
}

const schemes: ReadonlySet<string> = new Set(["ws:", "wss:", "ws+unix:", "wss+unix:"])
