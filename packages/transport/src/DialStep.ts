/**
 * What happens while a connection is opened, told as it happens: each stage once when it starts and once when it
 * ends, whichever way. Whoever dials keeps the list and the clock; this package keeps neither.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import type { TransportError, TransportReason } from "./TransportError.ts"

/** Looking the host up, connecting to one address, the TLS handshake, or acquiring a custom socket. */
export type DialStage = "dns" | "tcp" | "tls" | "socket"

export type DialStep =
  | { readonly _tag: "Started"; readonly stage: DialStage; readonly detail: string }
  | {
      readonly _tag: "Ended"
      readonly stage: DialStage
      /** The host, the address (`127.0.0.1:443`) or the server name; at a successful end what came of it. */
      readonly detail: string
      /** Undefined when the stage succeeded. */
      readonly failure: TransportReason | "interrupted" | undefined
    }

export type Report = (step: DialStep) => void

/** Runs one stage and tells `report` when it starts and how it ends. `outcome` says what came of it. */
export const during = <A, R>(
  stage: Effect.Effect<A, TransportError, R>,
  options: {
    readonly report: Report
    readonly stage: DialStage
    readonly detail: string
    readonly outcome?: (value: A) => string
  }
): Effect.Effect<A, TransportError, R> =>
  Effect.suspend(() => {
    const { detail, outcome, report, stage: name } = options
    report({ _tag: "Started", stage: name, detail })
    return Effect.onExit(stage, (exit) =>
      Effect.sync(() =>
        Exit.isSuccess(exit)
          ? report({ _tag: "Ended", stage: name, detail: outcome?.(exit.value) ?? detail, failure: undefined })
          : report({ _tag: "Ended", stage: name, detail, failure: reasonOf(exit.cause) })
      )
    )
  })

const reasonOf = (cause: Cause.Cause<TransportError>) => {
  const failed = Cause.findFail(cause)
  return Result.isSuccess(failed) ? failed.success.error.reason : "interrupted"
}
