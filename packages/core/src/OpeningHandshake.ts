/**
 * The opening handshake of a client (RFC 6455 §4.1): the request, and what the server's answer must be.
 *
 * An answer opens the connection only if it passes every check of `HandshakeInvalid`. The nonce and the hash are arguments, and
 * the caller says when the deadline has passed. `PerMessageDeflate` knows what may be agreed for compression; the caller
 * decides whether to follow or retry a refusal.
 */
import * as Base64 from "./Base64.ts"
import * as HandshakeInvalid from "./HandshakeInvalid.ts"
import * as HttpBody from "./HttpBody.ts"
import * as HttpHead from "./HttpHead.ts"
import * as HttpResponse from "./HttpResponse.ts"
import type { NeedMore } from "./NeedMore.ts"
import * as PerMessageDeflate from "./PerMessageDeflate.ts"
import type { Platform } from "./Platform.ts"

export { type InvalidRequest, type Request, request } from "./OpeningRequest.ts"

export interface Accepted {
  readonly _tag: "Accepted"
  readonly status: 101
  readonly headers: HttpHead.Headers
  /** The subprotocol that the server chose of those offered; undefined if it chose none. */
  readonly subprotocol: string | undefined
  /** The text of Sec-WebSocket-Extensions, with several headers joined to one list; undefined if there was none. */
  readonly extensions: string | undefined
  /** What is agreed for permessage-deflate; undefined if the server declined. */
  readonly compression: PerMessageDeflate.Agreed | undefined
  /** What came after the head: the first bytes of frames. */
  readonly leftover: Uint8Array
}

/** The server answered with a status other than 101. */
export interface Rejected {
  readonly _tag: "Rejected"
  readonly status: number
  readonly statusText: string
  readonly headers: HttpHead.Headers
  readonly body: Uint8Array
  /** Whether the body was longer than what was kept. */
  readonly bodyTruncated: boolean
}

export type Answer = Accepted | Rejected | HandshakeInvalid.HandshakeInvalid

/** How much of an answer is read. Interim responses count together with the final one. */
export interface Limits extends HttpHead.Limits {
  /** How many bytes of a refusal's body are kept. Default 65,536. */
  readonly maxBodyBytes: number
}

export const defaultLimits: Limits = Object.freeze({
  ...HttpHead.defaultLimits,
  maxBodyBytes: HttpBody.defaultMaxBytes
})

export interface Expected {
  /** The nonce of the request. */
  readonly nonce: Uint8Array
  /** The subprotocols that the request offered. */
  readonly subprotocols?: ReadonlyArray<string> | undefined
  /** The offers of permessage-deflate in the request (RFC 7692 §7.1). Default: none. */
  readonly offers?: ReadonlyArray<PerMessageDeflate.Offer> | undefined
  readonly sha1: Platform["sha1"]
  readonly sha1Base64?: Platform["sha1Base64"] | undefined
  readonly encodeBase64?: Platform["encodeBase64"] | undefined
  readonly decodeLatin1?: Platform["decodeLatin1"] | undefined
  readonly limits?: Limits | undefined
}

export const reader = (expected: Expected): Reader => new Reader(expected)

/** Reads the answer to one request. After any result but NeedMore, it returns the same for ever. */
export class Reader {
  private readonly expected: Expected
  private readonly response: HttpResponse.Reader
  private refusal: Refusal | undefined
  private answer: Answer | undefined

  constructor(expected: Expected) {
    this.expected = expected
    this.response = HttpResponse.make(expected.limits, expected.decodeLatin1)
  }

  /** The status of a refusal as soon as its head is there. A caller that needs no body may then call `end`. */
  get refusedWith(): number | undefined {
    return this.refusal?.status
  }

  push(chunk: Uint8Array): NeedMore | Answer {
    if (this.answer !== undefined) return this.answer
    const answer = this.refusal === undefined ? this.readHead(chunk) : readBody(this.refusal, chunk)
    if (answer._tag !== "NeedMore") this.answer = answer
    return answer
  }

  /** The byte stream ended, or the deadline passed: nothing more will come. */
  end(): Answer {
    this.answer ??=
      this.refusal === undefined
        ? HandshakeInvalid.make("HeadIncomplete", this.response.found)
        : reject(this.refusal, this.refusal.body.end())
    return this.answer
  }

  private readHead(chunk: Uint8Array): NeedMore | Answer {
    const response = this.response.push(chunk)
    if (response._tag === "NeedMore") return response
    if (response._tag === "InvalidResponse") return HandshakeInvalid.make(response.rule, response.found)
    return response.status === 101 ? open(response, this.expected) : this.refuse(response)
  }

  private refuse({ headers, leftover, status, statusText }: HttpResponse.Response): NeedMore | Rejected {
    const body = HttpBody.make({ status, headers, maxBytes: this.expected.limits?.maxBodyBytes })
    this.refusal = { status, statusText, headers, body }
    return readBody(this.refusal, leftover)
  }
}

interface Refusal extends Pick<Rejected, "status" | "statusText" | "headers"> {
  readonly body: HttpBody.Reader
}

/** The checks of a 101 response, in order. */
const open = (
  { headers, leftover }: HttpResponse.Response,
  { encodeBase64 = Base64.encode, nonce, offers = [], sha1, sha1Base64, subprotocols = [] }: Expected
): Accepted | HandshakeInvalid.HandshakeInvalid => {
  // A list like Connection, but of the protocols to switch to: anything beside websocket would be another protocol.
  const upgrade = HttpHead.joined(headers, "Upgrade")
  if (upgrade?.toLowerCase() !== "websocket") return HandshakeInvalid.make("Upgrade", upgrade)
  if (!HttpHead.hasToken(headers, "Connection", "upgrade")) {
    return HandshakeInvalid.make("Connection", HttpHead.joined(headers, "Connection"))
  }
  const accept = HttpHead.one(headers, "Sec-WebSocket-Accept")
  if (accept === undefined) return HandshakeInvalid.make("AcceptMissing")
  if (accept === HttpHead.repeated) return HandshakeInvalid.make("AcceptRepeated")
  if (accept !== acceptOf(encodeBase64(nonce), sha1, sha1Base64)) {
    return HandshakeInvalid.make("AcceptMismatch", accept)
  }
  const subprotocol = HttpHead.one(headers, "Sec-WebSocket-Protocol")
  if (subprotocol === HttpHead.repeated) return HandshakeInvalid.make("SubprotocolRepeated")
  if (subprotocol !== undefined && !subprotocols.includes(subprotocol)) {
    return HandshakeInvalid.make("SubprotocolNotOffered", subprotocol)
  }
  const extensions = HttpHead.joined(headers, "Sec-WebSocket-Extensions")
  const compression = extensions === undefined ? undefined : PerMessageDeflate.agree(offers, extensions)
  if (typeof compression === "string") return HandshakeInvalid.make(compression, extensions)
  return Object.freeze({ _tag: "Accepted", status: 101, headers, subprotocol, extensions, compression, leftover })
}

const readBody = (refusal: Refusal, chunk: Uint8Array): NeedMore | Rejected => {
  const body = refusal.body.push(chunk)
  return body._tag === "NeedMore" ? body : reject(refusal, body)
}

const reject = ({ headers, status, statusText }: Refusal, { bytes, truncated }: HttpBody.Body): Rejected =>
  Object.freeze({ _tag: "Rejected", status, statusText, headers, body: bytes, bodyTruncated: truncated })

/** The Sec-WebSocket-Accept that answers this Sec-WebSocket-Key (RFC 6455 §4.2.2, step 5.4). */
export const acceptOf = (key: string, sha1: Platform["sha1"], sha1Base64?: Platform["sha1Base64"]): string => {
  const text = `${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
  return sha1Base64 === undefined ? Base64.encode(sha1(HttpHead.encode(text))) : sha1Base64(text)
}
