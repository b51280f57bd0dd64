/**
 * Dialling: from a URL and settings to an open byte stream on which the opening handshake was accepted, within one
 * deadline. Every failure is a ConnectError with the steps so far.
 */

import {
  type HandshakeInvalid as Invalid,
  type NeedMore,
  needMore,
  OpeningHandshake,
  PerMessageDeflate
} from "@effect-websocket/core"
import { type ByteStream, NodePlatform, TimedOut, Transport, type TransportError } from "@effect-websocket/transport"
import * as Bytes from "effect/Bytes"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import {
  ConnectError,
  type ConnectReason,
  HandshakeInvalid,
  HandshakeRejected,
  InvalidOptions
} from "../ConnectError.ts"
import * as Options from "../Options.ts"
import { Entropy } from "./Entropy.ts"
import { Steps } from "./Steps.ts"
import * as Url from "./Url.ts"

export interface Dialled {
  readonly stream: ByteStream
  readonly settings: Options.Settings
  readonly answer: OpeningHandshake.Accepted
  /** What came right behind the answer: the first frames. */
  readonly first: Uint8Array
  readonly url: string
}

export const dial = Effect.fnUntraced(function* <R>(
  input: string | URL,
  options: Options.ConnectOptions<R>
): Effect.fn.Return<Dialled, ConnectError, Transport | Scope.Scope | R> {
  const url = Url.parse(input)
  if ("_tag" in url) return yield* new ConnectError({ url: url.url, reason: url, steps: [] })
  const steps = new Steps(yield* Clock.Clock)
  const connectError = (reason: ConnectReason) => new ConnectError({ url: url.shown, reason, steps: steps.list() })

  const data = yield* Effect.mapError(Options.evaluate(options), connectError)
  const settings = yield* Options.decode(data).pipe(
    Effect.mapError((error) => connectError(new InvalidOptions({ problem: error.message })))
  )
  const nonce = (yield* Entropy).nonce()
  const request = OpeningHandshake.request({ ...requestOptions(settings), uri: url.uri, nonce })
  if (!(request instanceof Uint8Array)) {
    const problem = `${request.field}: ${request.problem}`
    return yield* connectError(new InvalidOptions({ problem }))
  }
  const reader = OpeningHandshake.reader({
    nonce,
    subprotocols: settings.subprotocols,
    offers: offersOf(settings),
    sha1: NodePlatform.platform.sha1,
    limits: settings.limits
  })

  const open = Effect.gen(function* () {
    const transport = yield* Transport
    const stream = yield* transport.open({
      ...url.place,
      addresses: settings.addresses,
      socket: settings.socket,
      report: steps.report,
      proxy: settings.proxy,
      noProxy: settings.noProxy,
      ...(url.uri.secure && { tls: settings.tls })
    })
    steps.begin("upgrade", url.shown)
    const answered = yield* upgrade(stream, request, reader)
    steps.end("upgrade", undefined)
    return { stream, settings, url: url.shown, ...answered }
  })
  return yield* open.pipe(
    Effect.mapError((failure) => {
      const reason = failure._tag === "TransportError" ? failure.reason : failure
      steps.end("upgrade", reason.message)
      return connectError(reason)
    }),
    Effect.onInterrupt(() => Effect.sync(() => steps.end("upgrade", "interrupted"))),
    Effect.timeoutOrElse({
      duration: settings.deadlines.openTimeout,
      orElse: () => Effect.fail(connectError(refusalSoFar(reader) ?? new TimedOut({ stage: steps.stage })))
    })
  )
})

/** Sends the request and reads until the answer is complete. */
const upgrade = Effect.fnUntraced(function* (
  stream: ByteStream,
  request: Uint8Array,
  reader: OpeningHandshake.Reader
): Effect.fn.Return<Pick<Dialled, "answer" | "first">, TransportError | HandshakeRejected | HandshakeInvalid> {
  stream.writeUnsafe([request])
  while (true) {
    const chunks = yield* Effect.catch(stream.pull, (end) =>
      Cause.isDone(end) ? Effect.succeed([]) : Effect.fail(refusalSoFar(reader) ?? end)
    )
    let answer: OpeningHandshake.Answer | NeedMore = chunks.length === 0 ? reader.end() : needMore
    let read = 0
    while (answer === needMore && read < chunks.length) answer = reader.push(chunks[read++]!)
    if (answer._tag === "Accepted") return { answer, first: Bytes.concat([answer.leftover, ...chunks.slice(read)]) }
    if (answer._tag === "Rejected") return yield* rejected(answer)
    if (answer._tag === "HandshakeInvalid") return yield* invalid(answer, stream)
  }
})

const requestOptions = (settings: Options.Settings) => {
  const { headers, host, origin, subprotocols, userAgent } = settings
  const offers = offersOf(settings)
  return {
    subprotocols,
    headers: Object.entries(headers).map(
      ([name, value]) => [name, Redacted.isRedacted(value) ? Redacted.value(value) : value] as const
    ),
    ...(host !== undefined && { host }),
    ...(origin !== undefined && { origin }),
    ...(offers.length > 0 && { extensions: PerMessageDeflate.formatOffers(offers) }),
    ...(userAgent !== undefined && { userAgent })
  }
}

const offersOf = ({ compression }: Options.Settings) => (compression === false ? [] : compression.offers)

/**
 * The deadline passed, or the byte stream broke, while the body of a refusal was still coming: the refusal says more.
 * Servers that refuse and close at once often break the stream, since they leave our bytes unread.
 */
const refusalSoFar = (reader: OpeningHandshake.Reader): HandshakeRejected | undefined => {
  const answer = reader.end()
  return answer._tag === "Rejected" ? rejected(answer) : undefined
}

const rejected = ({ body, bodyTruncated, headers, status, statusText }: OpeningHandshake.Rejected) =>
  new HandshakeRejected({
    status,
    statusText,
    headers: headers.map(([name, value]) => [name.toLowerCase(), redact(name.toLowerCase(), value)] as const),
    body: new TextDecoder().decode(body),
    bodyTruncated
  })

const redact = (name: string, value: string): string => {
  if (secretHeaders.has(name)) return "<redacted>"
  if (!urlHeaders.has(name)) return value
  return value.replace(/[?#].*$/s, "?<redacted>").replace(/\/\/[^/]*@/, "//")
}

const invalid = ({ check, description, found, section }: Invalid.HandshakeInvalid, { info }: ByteStream) => {
  const advice = info.tls === undefined && plainAdvice(found)
  return new HandshakeInvalid({ check, section, problem: advice || description, ...(found && { found }) })
}

/** What a TLS server does when it gets plain text: it sends an alert, or ends the connection without a word. */
const plainAdvice = (found: string | undefined): string | undefined => {
  if (found?.startsWith(tlsAlert)) return "the server speaks TLS on this port: use wss"
  return found === "" ? "the server ended the connection without an answer: if it speaks TLS, use wss" : undefined
}

const secretHeaders: ReadonlySet<string> = new Set([
  "set-cookie",
  "www-authenticate",
  "proxy-authenticate",
  "authentication-info"
])

/** A query or fragment may hold a token. */
const urlHeaders: ReadonlySet<string> = new Set(["location", "content-location", "refresh"])

/** The record type of a TLS alert (RFC 8446 §5.1): no HTTP begins with it, so nothing more is read. */
const tlsAlert = "\x15"
