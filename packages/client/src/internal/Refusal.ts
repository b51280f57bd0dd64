/**
 * What a server answered instead of 101, as the program sees it: without secrets, and with the wait that it asks for.
 */
import { HttpHead, type OpeningHandshake } from "@effect-websocket/core"
import type * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Headers from "effect/http/Headers"
import * as Result from "effect/Result"
import { HandshakeRejected } from "../ConnectError.ts"

/** `notFollowed` says why a redirect was not followed although redirects may be. */
export const make = (
  refusal: OpeningHandshake.Rejected,
  clock: Clock.Clock,
  notFollowed?: string
): HandshakeRejected => {
  const { body, bodyTruncated, headers, status, statusText } = refusal
  const wait = retryAfter(headers, clock.currentTimeMillisUnsafe())
  return new HandshakeRejected({
    status,
    statusText,
    headers: headers.map(([name, value]) => redact(name.toLowerCase(), value)),
    body: new TextDecoder().decode(body),
    bodyTruncated,
    ...(wait && { retryAfter: wait }),
    ...(notFollowed !== undefined && { notFollowed })
  })
}

/** Seconds or a date (RFC 9110 §10.2.3). Anything else, or a repeated header, is ignored. */
const retryAfter = (headers: HttpHead.Headers, now: number): Duration.Duration | undefined => {
  const value = HttpHead.one(headers, "Retry-After")
  if (typeof value !== "string") return undefined
  const parsed = Headers.parseRetryAfter(value)
  return Result.isSuccess(parsed) ? Headers.retryAfterDelay(parsed.success, now) : undefined
}

/** A header of an answer, without what may be a secret. Its name must be in lower case. */
export const redact = (name: string, value: string): HttpHead.Header => {
  if (secretHeaders.has(name)) return [name, "<redacted>"]
  if (!urlHeaders.has(name)) return [name, value]
  return [name, value.replace(/[?#].*$/s, "?<redacted>").replace(/\/\/[^/]*@/, "//")]
}

const secretHeaders: ReadonlySet<string> = new Set([
  "set-cookie",
  "www-authenticate",
  "proxy-authenticate",
  "authentication-info"
])

/** A query or fragment may hold a token. */
const urlHeaders: ReadonlySet<string> = new Set(["location", "content-location", "refresh"])
