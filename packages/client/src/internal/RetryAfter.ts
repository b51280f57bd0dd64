/**
 * How long a server that refused wants to be left alone: its Retry-After header (RFC 9110 §10.2.3), in seconds or as a
 * date.
 */
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import type { LossCause } from "../ClientErrors.ts"

export const of = (cause: LossCause, clock: Clock.Clock): Duration.Duration | undefined => {
  if (cause._tag !== "ConnectError" || cause.reason._tag !== "HandshakeRejected") return undefined
  const value = cause.reason.headers.find(([name]) => name === "retry-after")?.[1].trim()
  if (value === undefined) return undefined
  if (/^\d{1,9}$/.test(value)) return Duration.seconds(Number(value))
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Duration.millis(Math.max(0, date - clock.currentTimeMillisUnsafe()))
}
