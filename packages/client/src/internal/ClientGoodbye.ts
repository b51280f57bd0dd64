/**
 * How a long-lived client ends a connection that the program does not want any more: the messages of the outbox leave first, and
 * then comes the closing handshake. Both together take at most `closeTimeout`. Less time is spent if the program leaves the scope
 * by a failure or an interruption, or wants a new connection now. `Goodbye` performs the handshake itself.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { Connection } from "../Connection.ts"
import type { Intent } from "./Intent.ts"
import type { Outbox } from "./Outbox.ts"

export interface Parts {
  readonly outbox: Pick<Outbox, "emptied">
  readonly closeTimeout: Duration.Duration
  readonly interruptCloseTimeout: Duration.Duration
}

/**
 * Sends what the outbox holds, unless a new connection is wanted now, and then closes. `scope` is the connection's. A peer that
 * is too slow for the outbox still gets a Close, and has as long to answer as after a loss.
 */
export const sendAndClose = (
  connection: Connection,
  scope: Scope.Closeable,
  intent: Intent,
  parts: Parts
): Effect.Effect<void> =>
  Effect.raceFirst(
    Effect.andThen(
      Effect.suspend(() => (intent.hurry ? Effect.void : sent(connection, intent, parts))),
      close(connection, scope, intent)
    ),
    outOfTime(connection, parts)
  )

/** Waits for the outbox, but leaves time for the Close: at least half of a `closeTimeout` that is short is for the outbox. */
const sent = (connection: Connection, intent: Intent, parts: Parts): Effect.Effect<unknown> => {
  const { closeTimeout, interruptCloseTimeout, outbox } = parts
  const most = Duration.max(Duration.subtract(closeTimeout, interruptCloseTimeout), Duration.times(closeTimeout, 0.5))
  const given = Effect.raceFirst(connection.ended, intent.abandoned)
  return Effect.timeoutOption(Effect.raceFirst(outbox.emptied, given), most)
}

/** Aborts the connection after `closeTimeout`, which ends `close`. */
const outOfTime = (connection: Connection, { closeTimeout }: Parts): Effect.Effect<never> =>
  Effect.andThen(Effect.andThen(Effect.sleep(closeTimeout), connection.abort), Effect.never)

/** Performs the closing handshake that the program asked for; with less patience if it leaves the scope or reconnects now. */
export const close = (connection: Connection, scope: Scope.Closeable, intent: Intent): Effect.Effect<void> =>
  Effect.suspend(() => {
    const { hurry, wanted } = intent
    const [closeCode, closeReason] = wanted._tag === "Close" ? [wanted.closeCode, wanted.closeReason] : [1000, ""]
    const closing = Effect.as(Effect.orDie(connection.close(closeCode, closeReason)), undefined)
    // `reconnectNow` mostly means that the old connection is dead: send a Close, but wait no longer than after a loss.
    const leaving: Effect.Effect<{ readonly exit: Exit.Exit<unknown, unknown> } | undefined> =
      hurry && wanted._tag === "Run"
        ? Effect.raceFirst(closing, Effect.succeed({ exit: lossExit }))
        : Effect.raceFirst(intent.left, closing)
    return Effect.flatMap(leaving, (left) => (left === undefined ? Effect.void : Scope.close(scope, left.exit)))
  })

/** The exit that closes a lost connection's scope: a failure, so it waits only `interruptCloseTimeout` for the peer. */
export const lossExit = Exit.fail("lost")
