/**
 * The opening handshake of a server (RFC 6455 §4.2.1): what a client's request must be. The caller decides whether to accept
 * it; `OpeningResponse` writes the answer.
 */
import * as Base64 from "./Base64.ts"
import * as Extensions from "./Extensions.ts"
import * as HttpHead from "./HttpHead.ts"
import { type NeedMore, needMore } from "./NeedMore.ts"
import * as Uri from "./Uri.ts"

export { type Acceptance, accept, type InvalidResponse, type Refusal, reject } from "./OpeningResponse.ts"

export interface Requested {
  readonly _tag: "Requested"
  readonly resourceName: string
  /** The host in an absolute target (RFC 9112 §3.2.2), otherwise the Host header. */
  readonly host: string
  readonly origin: string | undefined
  /** The client's offers, most preferred first. */
  readonly subprotocols: ReadonlyArray<string>
  /**
   * The text of Sec-WebSocket-Extensions, with several headers joined to one list; undefined if there was none. It follows the
   * grammar, but its offers may still be declined.
   */
  readonly extensions: string | undefined
  readonly headers: HttpHead.Headers
  /** The Sec-WebSocket-Key, as it came. */
  readonly key: string
  /** What came after the head: the first bytes of frames. */
  readonly leftover: Uint8Array
}

/**
 * What can be wrong with a request, besides the rules of `HttpHead`: one row for each fault, with the status that answers it.
 */
const rules = {
  RequestLine: [400, "RFC 9112 §3", "the request did not begin with an HTTP request line"],
  Method: [400, "RFC 6455 §4.2.1", "the method was not GET"],
  HttpVersion: [400, "RFC 6455 §4.2.1", "the request was not HTTP/1.1"],
  ResourceName: [400, "RFC 6455 §4.2.1", "the request target was neither a path nor an http URI with one"],
  Host: [400, "RFC 6455 §4.2.1", "there was not exactly one legal Host header"],
  Upgrade: [400, "RFC 6455 §4.2.1", "the Upgrade header did not name websocket"],
  Connection: [400, "RFC 6455 §4.2.1", "the Connection header did not name upgrade"],
  Key: [400, "RFC 6455 §4.2.1", "there was not exactly one Sec-WebSocket-Key of 16 bytes in base64"],
  Version: [426, "RFC 6455 §4.4", "the Sec-WebSocket-Version was not 13"],
  Origin: [400, "RFC 6454 §7.3", "there was more than one Origin header"],
  Subprotocols: [400, "RFC 6455 §4.1", "the offered subprotocols were not one or more tokens, each offered once"],
  Extensions: [400, "RFC 6455 §9.1", "the Sec-WebSocket-Extensions header did not follow its grammar"],
  Body: [400, "RFC 9110 §9.3.1", "the request announced a body"]
} as const

export type Rule = keyof typeof rules | HttpHead.Rule

export interface RequestInvalid {
  readonly _tag: "RequestInvalid"
  readonly rule: Rule
  /** The status that a server answers with. */
  readonly status: 400 | 426 | 431
  readonly section: string
  /** One sentence: what the client did. */
  readonly description: string
}

export const reader = (limits?: HttpHead.Limits): Reader => new Reader(limits)

/** Reads one request. After any other answer than NeedMore it is finished. */
export class Reader {
  private readonly head: HttpHead.Reader

  constructor(limits?: HttpHead.Limits) {
    this.head = HttpHead.make(limits)
  }

  push(chunk: Uint8Array): NeedMore | Requested | RequestInvalid {
    const head = this.head.push(chunk)
    if (head._tag === "NeedMore") return needMore
    return head._tag === "Head" ? check(head) : invalidHead(head.rule)
  }
}

/** The requirements of RFC 6455 §4.2.1, in order. */
const check = ({ headers, leftover, startLine }: HttpHead.Head): Requested | RequestInvalid => {
  const [, method, target, version] = requestLine.exec(startLine) ?? []
  if (target === undefined) return invalid("RequestLine")
  if (method !== "GET") return invalid("Method")
  if (version !== "1.1") return invalid("HttpVersion")
  const [, authority, resourceName = target] = absolute.exec(target) ?? []
  if (!Uri.isResourceName(resourceName)) return invalid("ResourceName")
  if (authority !== undefined && !Uri.isHostHeader(authority)) return invalid("ResourceName")
  const host = HttpHead.one(headers, "Host")
  if (typeof host !== "string" || !Uri.isHostHeader(host)) return invalid("Host")
  if (!HttpHead.hasToken(headers, "Upgrade", "websocket")) return invalid("Upgrade")
  if (!HttpHead.hasToken(headers, "Connection", "upgrade")) return invalid("Connection")
  const key = HttpHead.one(headers, "Sec-WebSocket-Key")
  if (typeof key !== "string" || Base64.decodedLength(key) !== 16) return invalid("Key")
  if (HttpHead.one(headers, "Sec-WebSocket-Version") !== "13") return invalid("Version")
  const origin = HttpHead.one(headers, "Origin")
  if (origin === HttpHead.repeated) return invalid("Origin")
  const subprotocols = HttpHead.list(headers, "Sec-WebSocket-Protocol")
  const areOffered = HttpHead.one(headers, "Sec-WebSocket-Protocol") !== undefined
  if (areOffered && subprotocols.length === 0) return invalid("Subprotocols")
  if (!subprotocols.every(HttpHead.isToken)) return invalid("Subprotocols")
  if (new Set(subprotocols).size < subprotocols.length) return invalid("Subprotocols")
  const extensions = HttpHead.joined(headers, "Sec-WebSocket-Extensions")
  if (extensions !== undefined && Extensions.parse(extensions) === undefined) return invalid("Extensions")
  if (hasBody(headers)) return invalid("Body")
  return Object.freeze({
    _tag: "Requested",
    resourceName,
    host: authority ?? host,
    origin,
    subprotocols,
    extensions,
    headers,
    key,
    leftover
  })
}

/** We would take a body's bytes for frames, while an intermediary takes them for part of the request. */
const hasBody = (headers: HttpHead.Headers): boolean =>
  HttpHead.all(headers, "Transfer-Encoding").length > 0 ||
  HttpHead.all(headers, "Content-Length").some((length) => length !== "0")

const requestLine = /^([^ ]+) ([^ ]+) HTTP\/(\d\.\d)$/
/** An absolute target (RFC 9112 §3.2.2): the part before the resource name replaces the Host header. */
const absolute = /^https?:\/\/([^/?]+)(.*)$/i

const invalid = (rule: keyof typeof rules): RequestInvalid => {
  const [status, section, description] = rules[rule]
  return Object.freeze({ _tag: "RequestInvalid", rule, status, section, description })
}

const invalidHead = (rule: HttpHead.Rule): RequestInvalid => {
  const [section, description] = HttpHead.rules[rule]
  const status = rule === "HeadTooLong" || rule === "TooManyHeaders" ? 431 : 400 // RFC 6585 §5
  return Object.freeze({ _tag: "RequestInvalid", rule, status, section, description })
}
