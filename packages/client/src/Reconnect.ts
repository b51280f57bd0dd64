/**
 * Whether and when a client reconnects after a loss: the options, the decisions, and the table that decides by default.
 */
import { OptionSchema } from "@effect-websocket/transport"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type { LossCause } from "./ClientErrors.ts"
import type { ConnectReason } from "./ConnectError.ts"
import type { Loss } from "./Status.ts"

const { Time, withDefault } = OptionSchema

/** When to reconnect: the n-th delay in a row is random, up to `first * factor^(n-1)`, and never more than `max`. */
export const ReconnectOptions = Schema.Struct({
  /** The longest that the first delay may be. Default 1 s. */
  first: Time.pipe(withDefault(Duration.seconds(1))),
  /** The factor by which the longest delay grows each time. Default 2. */
  factor: Schema.Finite.check(Schema.isGreaterThanOrEqualTo(1)).pipe(withDefault(2)),
  /** The longest that any delay may be. Default 30 s. */
  max: Time.pipe(withDefault(Duration.seconds(30))),
  /** Once a connection has been open for this long, the delays start over. Default 5 s. */
  uptime: Time.pipe(withDefault(Duration.seconds(5)))
})
export type ReconnectOptions = typeof ReconnectOptions.Encoded

/** What follows a loss. */
export type Decision =
  /** Reconnect when the `reconnect` schedule says so. */
  | { readonly _tag: "Retry" }
  /** Reconnect after this delay, whatever the schedule says. */
  | { readonly _tag: "RetryAfter"; readonly delay: Duration.Duration }
  /** Do not reconnect. */
  | { readonly _tag: "Stop" }

/** Reconnect when the `reconnect` schedule says so. */
export const retry: Decision = { _tag: "Retry" }

/** Reconnect after this delay. Throws at once if the delay is not a valid Duration, since later that would end the client. */
export const retryAfter = (delay: Duration.Input): Decision => ({
  _tag: "RetryAfter",
  delay: Duration.fromInputUnsafe(delay)
})

/** Do not reconnect: the client is `Stopped`. */
export const stop: Decision = { _tag: "Stop" }

/**
 * The default for `onLost`: stops where the same attempt would fail in the same way, and retries in all other cases. To change
 * one case, decide that one yourself and call this for the others.
 */
export const decide = ({ cause }: Pick<Loss, "cause">): Decision => (isFinal(cause) ? stop : retry)

const isFinal = (cause: LossCause): boolean => {
  switch (cause._tag) {
    case "ConnectError":
      return isFinalReason(cause.reason)
    case "ConnectionClosed":
      return cause.by === "peer" && finalCloseCodes.has(cause.closeCode)
    case "OnOpenFailed":
      return cause.problem === "died"
    default:
      return false
  }
}

const isFinalReason = (reason: ConnectReason): boolean => {
  switch (reason._tag) {
    case "InvalidUrl":
    case "InvalidOptions":
      return true
    case "HandshakeInvalid":
      // A server that is going down often breaks off its answer.
      return reason.check !== "HeadIncomplete"
    case "TlsFailed":
      // A file may have changed by the next attempt; an option will not.
      return reason.problem === "bad option"
    case "ProxyFailed":
      return finalProxyProblems.has(reason.problem)
    case "HandshakeRejected":
      return reason.status >= 400 && reason.status < 500 && !passing.has(reason.status)
    default:
      return false
  }
}

/** Problems with the options, or with the credentials in them. */
const finalProxyProblems: ReadonlySet<string> = new Set(["bad proxy", "authentication required", "credentials refused"])

/** Statuses 4xx after which a later attempt may succeed: Request Timeout, Too Early, Too Many Requests. */
const passing: ReadonlySet<number> = new Set([408, 425, 429])

/** Codes with which the peer blames this client (RFC 6455 §7.4.1; 3000 and 3003 by IANA's registry). */
const finalCloseCodes: ReadonlySet<number> = new Set([1002, 1003, 1007, 1008, 1009, 1010, 3000, 3003])

/**
 * Delays as `ReconnectOptions` say: exponential, with full jitter, without end. Full jitter, the first delay included,
 * is what spreads the clients of a server that went away from all of them at once.
 */
export const schedule = ({ factor, first, max }: Pick<typeof ReconnectOptions.Type, "factor" | "first" | "max">) =>
  Schedule.fromStep(
    Effect.sync(() => {
      const ceiling = Duration.toMillis(max)
      let bound = Math.min(Duration.toMillis(first), ceiling)
      return (_now: number, _loss: Loss) =>
        Effect.map(Random.next, (part): [Duration.Duration, Duration.Duration] => {
          const delay = Duration.millis(bound * part)
          bound = Math.min(bound * factor, ceiling)
          return [delay, delay]
        })
    })
  )
