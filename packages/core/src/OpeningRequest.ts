/**
 * The request of the opening handshake (RFC 6455 §4.1): from options to bytes.
 *
 * No input of a program can end a header and begin another, or repeat a header that the protocol owns. The nonce is an
 * argument; the caller decides what to offer.
 */
import * as Base64 from "./Base64.ts"
import * as HttpHead from "./HttpHead.ts"
import type { Platform } from "./Platform.ts"
import * as Uri from "./Uri.ts"

export interface Request {
  readonly uri: Uri.Uri
  /** 16 bytes from a strong source, fresh for each connection. */
  readonly nonce: Uint8Array
  /** The Host header. Default `Uri.hostHeader(uri)`. */
  readonly host?: string | undefined
  /** Not sent by default: only browsers must send it (RFC 6455 §4.1, requirement 8). */
  readonly origin?: string | undefined
  /** Not sent by default. */
  readonly userAgent?: string | undefined
  /** The offers, most preferred first. */
  readonly subprotocols?: ReadonlyArray<string> | undefined
  /** The complete Sec-WebSocket-Extensions header. */
  readonly extensions?: string | undefined
  readonly headers?: HttpHead.Headers | undefined
  readonly encodeBase64?: Platform["encodeBase64"] | undefined
  readonly encodeLatin1?: Platform["encodeLatin1"] | undefined
}

export interface InvalidRequest {
  readonly _tag: "InvalidRequest"
  readonly field: keyof Request
  /** One sentence that says what is legal, or what to use instead. It names headers, never their values. */
  readonly problem: string
}

/** The bytes of the request, or the first option that is illegal. */
export const request = (options: Request): Uint8Array | InvalidRequest => {
  const { encodeBase64 = Base64.encode, headers = [], nonce, subprotocols = [] } = options
  const uri = Uri.make(options.uri)
  if ("_tag" in uri) return invalid("uri", uri.problem)
  const { host = Uri.hostHeader(uri) } = options
  if (!Uri.isHostHeader(host)) return invalid("host", "a host is a name or an address, with a port where needed")
  if (nonce.length !== nonceLength) return invalid("nonce", "a nonce is 16 bytes")
  if (!subprotocols.every(HttpHead.isToken)) return invalid("subprotocols", `a subprotocol is ${token}`)
  if (subprotocols.length > 1 && new Set(subprotocols).size < subprotocols.length) {
    return invalid("subprotocols", "a subprotocol is offered once")
  }
  const own: Array<HttpHead.Header> = [
    ["Host", host],
    ["Upgrade", "websocket"],
    ["Connection", "Upgrade"],
    ["Sec-WebSocket-Key", encodeBase64(nonce)],
    ["Sec-WebSocket-Version", "13"]
  ]
  if (subprotocols.length > 0) own.push(["Sec-WebSocket-Protocol", subprotocols.join(", ")])
  for (let i = 0; i < optional.length; i++) {
    const { field, name } = optional[i]!
    const value = options[field]
    if (value === undefined) continue
    if (!HttpHead.isFieldValue(value)) return invalid(field, `a header ${fieldValue}`)
    own.push([name, value])
  }
  if (headers.length > 0) {
    const problem = problemOf(headers, own)
    if (problem !== undefined) return invalid("headers", problem)
    own.push(...headers)
  }
  return HttpHead.format(`GET ${uri.resourceName} HTTP/1.1`, own, options.encodeLatin1)
}

const optional = [
  { field: "extensions", name: "Sec-WebSocket-Extensions" },
  { field: "origin", name: "Origin" },
  { field: "userAgent", name: "User-Agent" }
] as const

const invalid = (field: keyof Request, problem: string): InvalidRequest =>
  Object.freeze({ _tag: "InvalidRequest", field, problem })

/**
 * What is illegal about the headers that a program adds to the handshake's own, if anything. `advices` say what to do instead
 * of setting a header that belongs to the protocol; the default ones are a client's.
 */
export const problemOf = (
  added: HttpHead.Headers,
  own: HttpHead.Headers,
  advices: ReadonlyMap<string, string> = owned
): string | undefined => {
  const names = new Set(own.map(([name]) => name.toLowerCase()))
  for (const [name, value] of added) {
    if (!HttpHead.isToken(name)) return `a header's name is ${token}`
    const key = name.toLowerCase()
    if (owned.has(key) || key.startsWith("sec-websocket-")) {
      const advice = advices.get(key)
      return `${name} belongs to the protocol${advice === undefined ? "" : `: ${advice}`}`
    }
    if (!HttpHead.isFieldValue(value)) return `${name}: a header ${fieldValue}`
    // RFC 9110 §5.3: only Set-Cookie may be repeated although it is not a list.
    if (names.has(key) && key !== "set-cookie") return `${name} is given twice: join its values`
    names.add(key)
  }
  return undefined
}

const token = "one or more of letters, digits and !#$%&'*+-.^_`|~"
const fieldValue = "holds no control characters, and none beyond latin-1"
const noBody = "the message has no body that it could be about"
const fixed = "it has one legal value"

const owned: ReadonlyMap<string, string> = new Map([
  ["host", "use the option host"],
  ["upgrade", fixed],
  ["connection", fixed],
  ["keep-alive", "use the option keepAlive"],
  ["proxy-connection", fixed],
  ["proxy-authorization", "use the option proxy, so that only the proxy gets it"],
  ["content-length", noBody],
  ["transfer-encoding", noBody],
  ["te", noBody],
  ["trailer", noBody],
  ["expect", noBody],
  ["sec-websocket-key", "each connection makes its own"],
  ["sec-websocket-version", fixed],
  ["sec-websocket-protocol", "use the option subprotocols"],
  ["sec-websocket-extensions", "use the option compression"]
])

const nonceLength = 16
