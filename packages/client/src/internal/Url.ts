/**
 * URLs of programs: `ws:` and `wss:` (RFC 6455 §3), parsed by the platform, and shown without what may be secret.
 */
import { Uri } from "@effect-websocket/core"
import { InvalidUrl } from "../ConnectError.ts"

export interface ParsedUrl {
  readonly uri: Uri.Uri
  /** Without userinfo and fragment; the query, which may hold a token, is left out as well. */
  readonly shown: string
}

export const parse = (input: string | URL): ParsedUrl | InvalidUrl => {
  const text = String(input)
  const url = URL.canParse(text) ? new URL(text) : undefined
  const shown = show(text, url)
  const invalid = (problem: string) => new InvalidUrl({ url: shown, problem })
  if (url === undefined) return invalid("it does not parse: write ws://host:port/path or wss://host:port/path")
  if (url.protocol !== "ws:" && url.protocol !== "wss:") {
    return invalid(`the scheme ${url.protocol} is not ws: or wss:, so write one of these`)
  }
  if (url.username !== "" || url.password !== "") {
    return invalid("it holds credentials: give them as an Authorization header")
  }
  if (url.hash !== "" || text.includes("#")) return invalid("a WebSocket URL has no fragment (RFC 6455 §3)")
  const secure = url.protocol === "wss:"
  const uri = Uri.make({
    secure,
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? (secure ? 443 : 80) : Number(url.port),
    resourceName: url.pathname + url.search
  })
  return "_tag" in uri ? invalid(`${uri.part}: ${uri.problem}`) : { uri, shown }
}

/** The parsed parts, for a URL may hide its userinfo in many ways; of what has no such parts, only what holds none. */
const show = (text: string, url: URL | undefined): string => {
  if (url !== undefined && url.host !== "") return `${url.protocol}//${url.host}${url.pathname}`
  return text.includes("@") ? "<redacted>" : text.replace(/[?#].*$/s, "")
}
