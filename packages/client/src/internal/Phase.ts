/**
 * What a long-lived client can be asked for right now. The one who reconnects moves it; those who send and receive look
 * at it, and wait for it to change.
 */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { ClientReceiveError, LossCause } from "../ClientErrors.ts"
import type { Connection } from "../Connection.ts"
import { Changes } from "./Changes.ts"

export type Phase = Down | Up | Over

/** There is no connection, and there may be one again. */
export interface Down {
  readonly _tag: "Down"
  /** The last loss; undefined before the first, and when the program paused. */
  readonly cause: LossCause | undefined
}

/** Messages flow over this connection. A new value for each. */
export interface Up {
  readonly _tag: "Up"
  readonly connection: Connection
  readonly generation: number
}

/** There will be no connection any more. */
export interface Over {
  readonly _tag: "Over"
  readonly cause: LossCause | undefined
  /** What those get who ask for messages: a stream, which may end cleanly, or a number of them. */
  readonly all: Effect.Effect<never, ClientReceiveError | Cause.Done>
  readonly some: Effect.Effect<never, ClientReceiveError>
}

export class Phases extends Changes {
  current: Phase = { _tag: "Down", cause: undefined }
  /** Called after each change, when those who waited for it were woken. */
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
