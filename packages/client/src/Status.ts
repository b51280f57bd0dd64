/**
 * Where a long-lived client stands, and what a loss is.
 */
import type { Duration } from "effect/Duration"
import type { LossCause } from "./ClientErrors.ts"

/** Where a client stands: `client.status`, and each change in `client.statusChanges`. */
export type Status =
  /** Dialling, or in `onOpen`. `attempt` is 1 for the first since the client was made or a connection held. */
  | { readonly _tag: "Connecting"; readonly attempt: number }
  /** Messages flow. `since` is in milliseconds of the clock. */
  | { readonly _tag: "Open"; readonly generation: number; readonly since: number }
  /** Lost, and not tried again before `delay` is over; without `delay`, `onLost` has not decided yet. */
  | {
      readonly _tag: "Waiting"
      readonly cause: LossCause
      readonly delay: Duration | undefined
      /** The attempt that follows. */
      readonly attempt: number
    }
  /** By `pause`, until `resume`. */
  | { readonly _tag: "Paused" }
  /** For good. */
  | { readonly _tag: "Stopped"; readonly by: StoppedBy; readonly cause?: LossCause }

/**
 * Who stopped a client: `program` closed it or left its scope, `onLost` or the table in its place decided so, `reconnect` has
 * no further delay, or a `defect` of the program's own functions ended it.
 */
export type StoppedBy = "program" | "onLost" | "reconnect" | "defect"

/** A connection that ended without the program asking for it, or was not made. */
export interface Loss {
  readonly cause: LossCause
  /** The number of the connection that was lost; undefined when none was made. */
  readonly generation: number | undefined
  /** How long it was open, `onOpen` not included; undefined when it never was. */
  readonly uptime: Duration | undefined
  /** Attempts so far since the client was made or a connection held, this one included. */
  readonly attempt: number
  /** What the server asked for in a Retry-After header. */
  readonly retryAfter: Duration | undefined
  /** Messages that were accepted and whose fate was decided badly since the loss before: none of them is lost silently. */
  readonly lost: LostMessages
}

/** How many messages were lost, by fate. */
export interface LostMessages {
  /** Accepted by `send`, and did not leave. */
  readonly notSent: number
  /** Accepted by `send`, and not known to have left. */
  readonly unknown: number
  /** Received, and dropped since nobody took them within the bounds of the inbox. */
  readonly notTaken: number
}
