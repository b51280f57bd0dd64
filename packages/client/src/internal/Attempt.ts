/**
 * One attempt: opens a byte stream, sends the opening handshake's request and reads the answer. The caller decides what follows
 * a refusal.
 */
import { type HandshakeInvalid as Invalid, needMore, type OpeningHandshake } from "@effect-websocket/core"
import { type ByteStream, Span, type Transport, type TransportError } from "@effect-websocket/transport"
import * as Bytes from "effect/Bytes"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { HandshakeInvalid, InvalidOptions } from "../ConnectError.ts"
import * as Redirect from "./Redirect.ts"
import type { Steps } from "./Steps.ts"
import type { TraceLog } from "./TraceLog.ts"
import * as UpgradeRequest from "./UpgradeRequest.ts"
import type { ParsedUrl } from "./Url.ts"

export interface Attempt {
  readonly request: UpgradeRequest.UpgradeRequest
  readonly bytes: Uint8Array
  readonly reader: OpeningHandshake.Reader
}

/** The server accepted. */
export interface Accepted {
  readonly _tag: "Accepted"
  readonly stream: ByteStream
  readonly answer: OpeningHandshake.Accepted
  /** What came right after the answer: the first frames. */
  readonly first: Uint8Array
}

/** Makes the request. Fails on options that are illegal, before anything is dialled. */
export const prepare = (request: UpgradeRequest.UpgradeRequest, nonce: Uint8Array): Attempt | InvalidOptions => {
  const bytes = UpgradeRequest.format(request, nonce)
  return bytes instanceof InvalidOptions ? bytes : { request, bytes, reader: UpgradeRequest.reader(request, nonce) }
}

export const run = (
  attempt: Attempt,
  transport: typeof Transport.Service,
  steps: Steps,
  trace: TraceLog | undefined
): Effect.Effect<Accepted | OpeningHandshake.Rejected, TransportError | HandshakeInvalid, Scope.Scope> => {
  const { settings, url } = attempt.request
  const opened = transport.open({
    ...url.place,
    addresses: settings.addresses,
    socket: settings.socket,
    proxy: settings.proxy,
    noProxy: settings.noProxy,
    report: steps.report,
    tls: url.uri.secure ? settings.tls : undefined
  })
  return Effect.flatMap(opened, (stream) =>
    Span.use(
      "WebSocket.upgrade",
      () => spanOf(url),
      (attribute) => upgrade(attempt, stream, { steps, trace, attribute })
    )
  )
}

const spanOf = ({ shown, uri }: ParsedUrl) => {
  const attributes = {
    "http.request.method": "GET",
    "url.full": shown,
    "url.scheme": uri.secure ? "wss" : "ws",
    "server.address": uri.host,
    "server.port": uri.port
  }
  return { kind: "client", attributes } as const
}

/** Sends the request and reads until the answer is complete. */
const upgrade = (
  attempt: Attempt,
  stream: ByteStream,
  { attribute, steps, trace }: { steps: Steps; trace: TraceLog | undefined; attribute: Span.Attribute }
): Answered => {
  const { bytes, reader, request } = attempt
  steps.begin("upgrade", request.url.shown)
  trace?.request(bytes)
  stream.writeUnsafe([bytes])
  const onSuccess = (chunks: ReadonlyArray<Uint8Array>): Answered => {
    let answer: OpeningHandshake.Answer | typeof needMore = chunks.length === 0 ? reader.end() : needMore
    let read = 0
    while (answer === needMore && read < chunks.length) answer = reader.push(chunks[read++]!)
    // The body of a redirect that may be followed is not needed.
    if (answer === needMore && Redirect.policyFor(request, reader.refusedWith) !== undefined) answer = reader.end()
    switch (answer._tag) {
      case "NeedMore":
        return Effect.matchEffect(stream.pull, { onFailure, onSuccess })
      case "Accepted":
        attribute("http.response.status_code", 101)
        return Effect.succeed({ _tag: "Accepted", stream, answer, first: behind(answer, chunks, read) })
      case "Rejected":
        return rejected(answer)
      case "HandshakeInvalid":
        return Effect.fail(invalid(answer, stream))
    }
  }
  const onFailure = (failure: TransportError | Cause.Done): Answered => {
    if (Cause.isDone(failure)) return onSuccess([])
    const refusal = refusalSoFar(attempt)
    return refusal === undefined ? Effect.fail(failure) : rejected(refusal)
  }
  const rejected = (refusal: OpeningHandshake.Rejected): Answered => {
    attribute("http.response.status_code", refusal.status)
    if (refusal.status >= 400) attribute("error.type", String(refusal.status))
    return Effect.succeed(refusal)
  }
  return Effect.matchEffect(stream.pull, { onFailure, onSuccess })
}

type Answered = Effect.Effect<Accepted | OpeningHandshake.Rejected, TransportError | HandshakeInvalid>

/** What was read after the head; mostly nothing. */
const behind = ({ leftover }: OpeningHandshake.Accepted, chunks: ReadonlyArray<Uint8Array>, read: number) =>
  leftover.length === 0 && read === chunks.length ? nothing : Bytes.concat([leftover, ...chunks.slice(read)])

const nothing = new Uint8Array(0)

/**
 * The refusal, if its head has come. When the deadline passes or the byte stream breaks while the body is still coming, the
 * refusal tells more than that failure. Servers that refuse and close at once often break the stream, since they leave our
 * bytes unread.
 */
export const refusalSoFar = ({ reader }: Attempt): OpeningHandshake.Rejected | undefined => {
  const answer = reader.end()
  return answer._tag === "Rejected" ? answer : undefined
}

const invalid = ({ check, description, found, section }: Invalid.HandshakeInvalid, { info }: ByteStream) => {
  const advice = info.tls === undefined && plainAdvice(found)
  return new HandshakeInvalid({ check, section, problem: advice || description, ...(found && { found }) })
}

/** Given plain text, a TLS server sends an alert, or just ends the connection. */
const plainAdvice = (found: string | undefined): string | undefined => {
  if (found?.startsWith(tlsAlert)) return "the server speaks TLS on this port: use wss"
  return found === "" ? "the server ended the connection without an answer: if it speaks TLS, use wss" : undefined
}

/** The record type of a TLS alert (RFC 8446 §5.1). HTTP never begins with it. */
const tlsAlert = "\x15"
