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
  const invalid = (problem: string) => new InvalidUrl({ url: show(text), problem })
  if (!URL.canParse(text)) return invalid("it does not parse: write ws://host:port/path or wss://host:port/path")
  const url = new URL(text)
  if (url.protocol !== "ws:" && url.protocol !== "wss:") {
    return invalid(`the scheme ${url.protocol} is not ws: or wss:`)
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
  return "_tag" in uri ? invalid(`${uri.part}: ${uri.problem}`) : { uri, shown: show(text) }
}

/** Cut before query and fragment; userinfo is taken out, also of what does not parse. */
const show = (text: string): string => text.replace(/[?#].*$/s, "").replace(/\/\/[^/]*@/, "//")
