/**
 * The response of the opening handshake (RFC 6455 §4.2.2): the bytes that accept a request or refuse it.
 *
 * No input of a program can end a header and begin another, or repeat a header that the protocol owns. The caller decides which
 * subprotocol to choose, which extensions to agree to and which clients to accept.
 */
import * as HttpHead from "./HttpHead.ts"
import { acceptOf } from "./OpeningHandshake.ts"
import type { Requested } from "./OpeningHandshakeServer.ts"
import { problemOf } from "./OpeningRequest.ts"
import type { Platform } from "./Platform.ts"

export interface Acceptance {
  /** One that the client offered. */
  readonly subprotocol?: string | undefined
  /** The complete Sec-WebSocket-Extensions header; only if the client offered any. */
  readonly extensions?: string | undefined
  readonly headers?: HttpHead.Headers | undefined
  readonly sha1: Platform["sha1"]
}

export interface Refusal {
  /** 200 to 599. A 426 gets the header that RFC 6455 §4.4 requires. */
  readonly status: number
  readonly headers?: HttpHead.Headers | undefined
  readonly body?: Uint8Array | undefined
}

export interface InvalidResponse {
  readonly _tag: "InvalidResponse"
  readonly field: "subprotocol" | "extensions" | "headers" | "status" | "body"
  /** One sentence: what is legal. */
  readonly problem: string
}

/** The bytes that open the connection (RFC 6455 §4.2.2, step 5), or the first option that is illegal. */
export const accept = (request: Requested, options: Acceptance): Uint8Array | InvalidResponse => {
  const { extensions, headers = [], sha1, subprotocol } = options
  const own: Array<HttpHead.Header> = [
    ["Upgrade", "websocket"],
    ["Connection", "Upgrade"],
    ["Sec-WebSocket-Accept", acceptOf(request.key, sha1)]
  ]
  if (subprotocol !== undefined) {
    if (!request.subprotocols.includes(subprotocol)) return illegal("subprotocol", "the client did not offer it")
    own.push(["Sec-WebSocket-Protocol", subprotocol])
  }
  if (extensions !== undefined) {
    if (request.extensions === undefined) return illegal("extensions", "the client offered none")
    if (!HttpHead.isFieldValue(extensions))
      return illegal("extensions", "a header holds no control characters, and none beyond latin-1")
    own.push(["Sec-WebSocket-Extensions", extensions])
  }
  return respond("101 Switching Protocols", own, headers, empty)
}

/** The bytes that refuse it (RFC 6455 §4.2.2, step 4), or the first option that is illegal. */
export const reject = ({ body = empty, headers = [], status }: Refusal): Uint8Array | InvalidResponse => {
  if (!Number.isInteger(status) || status < 200 || status > 599)
    return illegal("status", "a refusal has a status from 200 to 599")
  const endsWithHead = status === 204 || status === 304 // RFC 9112 §6.3
  // RFC 9110 §15.3.6: a 205 has no body either, but its reader learns that from the length alone.
  if (body.length > 0 && (endsWithHead || status === 205))
    return illegal("body", `a response with the status ${status} has none`)
  const own: Array<HttpHead.Header> = endsWithHead ? [] : [["Content-Length", String(body.length)]]
  own.push(["Connection", status === 426 ? "close, Upgrade" : "close"])
  if (status === 426) own.push(["Upgrade", "websocket"], ["Sec-WebSocket-Version", "13"])
  return respond(`${status} `, own, headers, body)
}

const respond = (
  status: string,
  own: HttpHead.Headers,
  headers: HttpHead.Headers,
  body: Uint8Array
): Uint8Array | InvalidResponse => {
  const problem = problemOf(headers, own, advices)
  if (problem !== undefined) return illegal("headers", problem)
  const head = HttpHead.format(`HTTP/1.1 ${status}`, [...own, ...headers])
  const bytes = new Uint8Array(head.length + body.length)
  bytes.set(head)
  bytes.set(body, head.length)
  return bytes
}

const illegal = (field: InvalidResponse["field"], problem: string): InvalidResponse =>
  Object.freeze({ _tag: "InvalidResponse", field, problem })

/** What to do instead of setting a response header that belongs to the protocol. */
const advices: ReadonlyMap<string, string> = new Map([
  ["content-length", "it follows from the body"],
  ["transfer-encoding", "the body goes out as it is"],
  ["sec-websocket-accept", "it follows from the key of the request"],
  ["sec-websocket-protocol", "use the option subprotocol"],
  ["sec-websocket-extensions", "use the option extensions"]
])

const empty = new Uint8Array(0)
