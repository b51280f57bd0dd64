/**
 * The status of a long-lived client, and what a loss is.
 */
import type { Duration } from "effect/Duration"
import type { LossCause } from "./ClientErrors.ts"

/** The status of a client: `client.status` is the current one, `client.statusChanges` brings each change. */
export type Status =
  /** Dialling, or running `onOpen`. `attempt` counts from 1, and starts over once a connection has stayed open. */
  | { readonly _tag: "Connecting"; readonly attempt: number }
  /** Messages flow. `generation` is the number of the connection, `since` the time it opened, in milliseconds. */
  | { readonly _tag: "Open"; readonly generation: number; readonly since: number }
  /**
   * The connection was lost, or could not be made. The next attempt follows after `delay`; undefined until that is decided.
   */
  | {
      readonly _tag: "Waiting"
      readonly cause: LossCause
      readonly delay: Duration | undefined
      /** The number of the next attempt. */
      readonly attempt: number
    }
  /** `pause` was called: there is no connection until `resume`. */
  | { readonly _tag: "Paused" }
  /** The client has stopped for good. */
  | { readonly _tag: "Stopped"; readonly by: StoppedBy; readonly cause?: LossCause }

/**
 * Who stopped a client: the `program` closed it or left its scope, `onLost` (or its default) decided to stop, the `reconnect`
 * schedule ended, or a `defect` in the program's own functions ended it.
 */
export type StoppedBy = "program" | "onLost" | "reconnect" | "defect"

/** A connection that ended without the program asking for it, or could not be made. */
export interface Loss {
  readonly cause: LossCause
  /** The number of the connection that was lost; undefined if none was made. */
  readonly generation: number | undefined
  /** How long it was open, not counting `onOpen`; undefined if it never was. */
  readonly uptime: Duration | undefined
  /** The number of attempts, including this one, since the client was made or a connection last stayed open. */
  readonly attempt: number
  /** What the server asked for in a Retry-After header. */
  readonly retryAfter: Duration | undefined
  /** Messages lost since the previous loss: none is lost silently. */
  readonly lost: LostMessages
}

/** How many messages were lost, by fate. */
export interface LostMessages {
  /** Accepted by `send`, but not sent. */
  readonly notSent: number
  /** Accepted by `send`, and perhaps sent. */
  readonly unknown: number
  /** Received, but dropped because nobody took them and the inbox was full. */
  readonly notTaken: number
}
