/**
 * The phase of a long-lived client: whether there is a connection to send and receive on. `LongLived` moves it; `Outbox` and
 * `Incoming` look at it and wait for it to change.
 */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { ClientReceiveError, LossCause } from "../ClientErrors.ts"
import type { Connection } from "../Connection.ts"
import { Changes } from "./Changes.ts"

export type Phase = Down | Up | Over

/** There is no connection now, but there may be one later. */
export interface Down {
  readonly _tag: "Down"
  /** The last loss; undefined before the first connection, and after the program paused the client. */
  readonly cause: LossCause | undefined
  /** The program stops the client, which is over once the last connection's scope has closed. */
  readonly isLast: boolean
}

/** Messages flow over this connection. Each connection gets a new value, so values can be compared. */
export interface Up {
  readonly _tag: "Up"
  readonly connection: Connection
  readonly generation: number
}

/** There will be no other connection. */
export interface Over {
  readonly _tag: "Over"
  readonly cause: LossCause | undefined
  /** How takers of messages end: a stream (`all`), which may end without a failure, or a taker of a number (`some`). */
  readonly all: Effect.Effect<never, ClientReceiveError | Cause.Done>
  readonly some: Effect.Effect<never, ClientReceiveError>
}

export class Phases extends Changes {
  current: Phase = { _tag: "Down", cause: undefined, isLast: false }
  /** Called after each change, once those who waited for it were woken. */
  onChange: (() => void) | undefined

  /** The open connection, as soon as there is one. */
  readonly connection: Effect.Effect<Connection, ClientReceiveError> = Effect.flatMap(
    this.until(() => (this.current._tag === "Down" ? undefined : this.current)),
    (phase) => (phase._tag === "Up" ? Effect.succeed(phase.connection) : phase.some)
  )

  override changed(): void {
    super.changed()
    this.onChange?.()
  }

  move(phase: Phase): void {
    this.current = phase
    this.changed()
  }
}
