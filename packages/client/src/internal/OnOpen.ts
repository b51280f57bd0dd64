/**
 * How a program's `onOpen` runs on a new connection: in the scope of that connection, and within `onOpenTimeout`. Whatever goes
 * wrong becomes an OnOpenFailed. `LongLived` decides what follows.
 */
import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import { OnOpenFailed } from "../ClientErrors.ts"
import type { ClientFunctions } from "../ClientOptions.ts"
import type { Connection } from "../Connection.ts"

/** Returns why it failed; undefined if it succeeded. A defect is logged too, since it is a fault of the program. */
export const run = <R>(
  onOpen: NonNullable<ClientFunctions<R>["onOpen"]>,
  opened: {
    readonly connection: Connection
    readonly generation: number
    readonly scope: Scope.Scope
    readonly timeout: Duration.Duration
  }
): Effect.Effect<OnOpenFailed | undefined, never, R> => {
  const { connection, generation, scope, timeout } = opened
  return Effect.suspend(() => onOpen(connection, generation)).pipe(
    Scope.provide(scope),
    Effect.matchCause({
      onSuccess: () => undefined,
      onFailure: (cause) => new OnOpenFailed({ generation, problem: problemOf(cause), cause: Cause.squash(cause) })
    }),
    Effect.tap((failed) =>
      failed?.problem === "died" ? Effect.logError("onOpen of a WebSocket client died", failed.cause) : Effect.void
    ),
    Effect.timeoutOrElse({
      duration: timeout,
      orElse: () => Effect.succeed(new OnOpenFailed({ generation, problem: "timed out", timeout }))
    })
  )
}

const problemOf = (cause: Cause.Cause<unknown>) => (Cause.hasDies(cause) ? "died" : "failed")
