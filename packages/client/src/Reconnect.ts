/**
 * Whether a client connects again after a loss, and when: the decisions, and the table that decides when the program
 * does not.
 */
import type * as Duration from "effect/Duration"

/** What follows a loss. */
export type Decision =
  /** When the schedule says so. */
  | { readonly _tag: "Retry" }
  /** When this time is over, whatever the schedule says. */
  | { readonly _tag: "RetryAfter"; readonly delay: Duration.Input }
  /** Not at all. */
  | { readonly _tag: "Stop" }

export const retry: Decision = { _tag: "Retry" }

export const retryAfter = (delay: Duration.Input): Decision => ({ _tag: "RetryAfter", delay })

export const stop: Decision = { _tag: "Stop" }
