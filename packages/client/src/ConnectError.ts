/**
 * Why there is no connection: one error, `ConnectError`, with a tagged reason. Handle one reason with
 * `Effect.catchReason("ConnectError", "HandshakeRejected", ...)`, or turn all into errors of their own with
 * `Effect.unwrapReason("ConnectError")`.
 *
 * `steps` tells what was tried, in order, with timings. It holds no secrets: URLs are shown without userinfo and query, header
 * values that carry credentials are redacted, and text from the peer is escaped and cut in messages.
 */
import {
  escapePeerText,
  HostNotFound,
  ProxyFailed,
  Refused,
  Reset,
  TimedOut,
  TlsFailed,
  Unreachable
} from "@effect-websocket/transport"
import * as Duration from "effect/Duration"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { errorId } from "./internal/ErrorId.ts"

/** The URL cannot be dialled. */
export class InvalidUrl extends Schema.TaggedError<InvalidUrl>(errorId("InvalidUrl"))("InvalidUrl", {
  /** The URL, without its secrets. */
  url: Schema.String,
  problem: Schema.String
}) {
  override get message() {
    return `The URL ${escapePeerText(this.url)} cannot be dialled: ${this.problem}`
  }
}

/** An option is unknown, out of range, or not legal in a request. */
export class InvalidOptions extends Schema.TaggedError<InvalidOptions>(errorId("InvalidOptions"))("InvalidOptions", {
  problem: Schema.String
}) {
  override get message() {
    return `The options cannot be used: ${this.problem}`
  }
}

/** An option was given as an Effect, and the Effect failed. Nothing was dialled. */
export class OptionFailed extends Schema.TaggedError<OptionFailed>(errorId("OptionFailed"))("OptionFailed", {
  /** The option's name, such as `headers`. */
  option: Schema.String,
  /** What the Effect failed with. */
  cause: Schema.Defect()
}) {
  override get message() {
    const said = Predicate.isError(this.cause) ? this.cause.message || this.cause.name : String(this.cause)
    return `The Effect for the option ${this.option} failed: ${escapePeerText(said)} (look for the cause, or handle the failure in that Effect)`
  }
}

/** The server answered with a status other than 101: it refused, or redirects elsewhere. */
export class HandshakeRejected extends Schema.TaggedError<HandshakeRejected>(errorId("HandshakeRejected"))(
  "HandshakeRejected",
  {
    status: Schema.Int,
    statusText: Schema.String,
    /** In order, names in lower case; values that carry credentials read `<redacted>`. */
    headers: Schema.Array(Schema.Tuple([Schema.String, Schema.String])),
    /** As UTF-8, up to `limits.maxBodyBytes`. */
    body: Schema.String,
    /** Whether the body was longer than that. */
    bodyTruncated: Schema.Boolean,
    /** How long the server asks to wait before the next try (RFC 9110 §10.2.3); absent if it does not say. */
    retryAfter: Schema.optionalKey(Schema.Duration),
    /** Why a redirect was not followed; absent if there was none, or if the option `redirects` is off. */
    notFollowed: Schema.optionalKey(Schema.String)
  }
) {
  override get message() {
    const said = this.body.trim() === "" ? "" : `: ${escapePeerText(this.body.trim())}`
    return `The server refused the WebSocket with HTTP ${this.status} ${escapePeerText(this.statusText)}${said} (${adviceOf(this)})`
  }
}

const adviceOf = ({ body, notFollowed, retryAfter, status }: typeof HandshakeRejected.Type): string => {
  // What TLS has alerts for, nginx tells in HTTP: no certificate was sent, or it cannot be verified.
  if (status === 400 && /SSL certificate/i.test(body)) return "it wants another client certificate: check tls.cert"
  if (notFollowed !== undefined) return `it redirects elsewhere, which was not followed: ${notFollowed}`
  const advice = statusAdvice[status] ?? "ask the server's operator, or look at its log"
  return retryAfter === undefined ? advice : `${advice}; it asks to wait ${Duration.format(retryAfter)}`
}

const elsewhere = "it redirects elsewhere: use the URL in its Location header, or the option redirects"

const statusAdvice: Record<number, string> = {
  301: elsewhere,
  302: elsewhere,
  303: elsewhere,
  307: elsewhere,
  308: elsewhere,
  400: "it found the request malformed: check path, headers and subprotocols",
  401: "it wants credentials: give an Authorization header",
  403: "it does not let this client in: check credentials, and the Origin it expects",
  404: "nothing is there: check the path",
  426: "it wants another protocol version: look for one that speaks version 13",
  429: "too many requests: wait before the next",
  503: "it is overloaded or starting: try again later"
}

/** The server's answer was not a legal opening handshake (RFC 6455 §4.1). */
export class HandshakeInvalid extends Schema.TaggedError<HandshakeInvalid>(errorId("HandshakeInvalid"))(
  "HandshakeInvalid",
  {
    /** The name of the check that failed. */
    check: Schema.String,
    /** The clause of the RFC that the check enforces. */
    section: Schema.String,
    /** What is wrong, in one sentence. */
    problem: Schema.String,
    /** What the server sent instead, unescaped. */
    found: Schema.optionalKey(Schema.String)
  }
) {
  override get message() {
    const found = this.found === undefined ? "" : `, found "${escapePeerText(this.found)}"`
    return `The server's handshake breaks ${this.section} (${this.check}): ${this.problem}${found} (check that a WebSocket server answers at this address and path)`
  }
}

/** Why there is no connection. `Effect.catchReason("ConnectError", "Refused", ...)` handles one of them. */
export const ConnectReason = Schema.Union([
  InvalidUrl,
  InvalidOptions,
  OptionFailed,
  HostNotFound,
  Refused,
  Unreachable,
  Reset,
  ProxyFailed,
  TlsFailed,
  TimedOut,
  HandshakeRejected,
  HandshakeInvalid
])
export type ConnectReason = typeof ConnectReason.Type

/** One step of connecting that was tried. */
export const Step = Schema.Struct({
  /** `dns`, `tcp`, `unix`, `proxy`, `tls`, `socket` or `upgrade`. */
  stage: Schema.String,
  /** The host, address or URL it was tried with. */
  detail: Schema.String,
  /** When it began, in milliseconds after the first step. */
  startedAt: Schema.Number,
  /** How long it took, in milliseconds; absent while it was still going on. */
  duration: Schema.optionalKey(Schema.Number),
  /** The result: the addresses of a host, or the version and cipher of TLS. Absent if there is no more to say. */
  outcome: Schema.optionalKey(Schema.String),
  /** Why it failed; absent when it succeeded or was still going on. */
  failure: Schema.optionalKey(Schema.String)
})
export type Step = typeof Step.Type

/** No connection was made: `reason` says why, by one of twelve tags, and `steps` says what was tried and how long it took. */
export class ConnectError extends Schema.TaggedError<ConnectError>(errorId("ConnectError"))("ConnectError", {
  /** Without userinfo, query and fragment. */
  url: Schema.String,
  reason: ConnectReason,
  steps: Schema.Array(Step)
}) {
  override get message() {
    return [
      `No connection to ${escapePeerText(this.url)}: ${this.reason.message}`,
      ...this.steps.map(describeStep)
    ].join("\n")
  }
}

/** One line of what a ConnectError says. Steps may overlap, so each tells when it began. */
export const describeStep = ({ detail, duration, failure, outcome, stage, startedAt }: Step): string => {
  const took = duration === undefined ? "still going on" : `took ${milliseconds(duration)}`
  const came = duration === undefined ? "" : `: ${failure ?? escapePeerText(outcome ?? "done")}`
  return `  ${stage} ${escapePeerText(detail)} (at ${milliseconds(startedAt)}, ${took})${came}`
}

const milliseconds = (time: number): string => `${time.toFixed(1)} ms`
