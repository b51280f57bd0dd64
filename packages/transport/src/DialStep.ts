/**
 * What happens while a connection is opened, reported as it happens: each stage once when it starts and once when it ends,
 * successful or not. The caller keeps the list and the times; this package keeps neither.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as SpanAttributes from "./internal/SpanAttributes.ts"
import * as Span from "./Span.ts"
import type { TransportError, TransportReason } from "./TransportError.ts"

/**
 * Looking up the host, connecting to one address or path, asking one proxy for a tunnel, the TLS handshake, or acquiring the
 * program's own stream.
 */
export type DialStage = "dns" | "tcp" | "unix" | "proxy" | "tls" | "socket"

export type DialStep =
  | {
      readonly _tag: "Started"
      readonly stage: DialStage
      /** The host, the address (`127.0.0.1:443`), the path or the server name. It tells overlapping stages apart. */
      readonly detail: string
    }
  | {
      readonly _tag: "Ended"
      readonly stage: DialStage
      /** The same as when it started. */
      readonly detail: string
      /** The result, if there is more to say than success. */
      readonly outcome?: string
      /** Undefined if the stage succeeded. "overtaken": another address was faster. "died": of a defect. */
      readonly failure: TransportReason | "interrupted" | "overtaken" | "died" | undefined
    }

export type Report = (step: DialStep) => void

/**
 * Runs one stage in its own span, and tells `report` when it starts and how it ends. `outcome` describes the result, and
 * `facts` does so in attributes of the span.
 */
export const during = <A, R>(
  stage: Effect.Effect<A, TransportError, R>,
  options: {
    readonly report: Report
    readonly stage: DialStage
    readonly detail: string
    readonly outcome?: (value: A) => string
    readonly facts?: (value: A) => SpanAttributes.Attributes
    /** Called when the stage is interrupted: whether that is because another one succeeded. */
    readonly isOvertaken?: (() => boolean) | undefined
  }
): Effect.Effect<A, TransportError, R> => {
  const { detail, facts, isOvertaken, outcome, report, stage: name } = options
  const told = () => ({ kind: "client", attributes: SpanAttributes.begun(name, detail) }) as const
  return Span.use(`WebSocket.${name}`, told, (attribute) => {
    report({ _tag: "Started", stage: name, detail })
    return Effect.onExitPrimitive(stage, (exit) => {
      if (Exit.isFailure(exit)) {
        const failure = reasonOf(exit.cause, isOvertaken)
        if (failure === "overtaken") attribute(SpanAttributes.errorType, failure)
        report({ _tag: "Ended", stage: name, detail, failure })
      } else {
        if (facts !== undefined) for (const [key, value] of Object.entries(facts(exit.value))) attribute(key, value)
        const succeeded = { _tag: "Ended", stage: name, detail, failure: undefined } as const
        report(outcome === undefined ? succeeded : { ...succeeded, outcome: outcome(exit.value) })
      }
      // There is nothing to run.
      return undefined
    })
  })
}

const reasonOf = (cause: Cause.Cause<TransportError>, isOvertaken?: () => boolean) => {
  const failed = Cause.findFail(cause)
  if (Result.isSuccess(failed)) return failed.success.error.reason
  if (Cause.hasDies(cause)) return "died"
  return isOvertaken?.() ? "overtaken" : "interrupted"
}
