/**
 * What was tried while a connection was opened, with timings: the list that every ConnectError carries, and the stage that a
 * TimedOut names.
 */
import type { DialStep } from "@effect-websocket/transport"
import type * as Clock from "effect/Clock"
import type { Step } from "../ConnectError.ts"
import * as Moment from "./Moment.ts"

interface OpenStep {
  stage: string
  detail: string
  startedAt: number
  duration?: number
  outcome?: string
  failure?: string
}

export class Steps {
  /** Called with each step that ends. */
  onEnd: ((step: Step) => void) | undefined
  private readonly clock: Clock.Clock
  /** When the first step began. */
  private origin: Moment.Moment | undefined
  private readonly steps: Array<OpenStep> = []

  constructor(clock: Clock.Clock) {
    this.clock = clock
  }

  /** Takes the reports of a transport. */
  readonly report = (step: DialStep): void => {
    if (step._tag === "Started") return this.begin(step.stage, step.detail)
    const { detail, failure, outcome, stage } = step
    this.end(stage, failure && textOf(failure), { detail, outcome })
  }

  begin(stage: string, detail: string): void {
    this.steps.push({ stage, detail, startedAt: this.elapsed() })
  }

  /**
   * Ends a step. If steps of one stage overlap, `detail` says which one ends. `outcome` is the result of a success, if it says
   * more than `detail`.
   */
  end(
    stage: string,
    failure: string | undefined,
    told: { readonly detail?: string; readonly outcome?: string | undefined } = {}
  ): void {
    const { detail, outcome } = told
    const step = this.steps.findLast(
      (open) => open.stage === stage && open.duration === undefined && (detail === undefined || open.detail === detail)
    )
    if (step === undefined) return
    step.duration = this.elapsed() - step.startedAt
    if (failure !== undefined) step.failure = failure
    else if (outcome !== undefined && outcome !== step.detail) step.outcome = outcome
    this.onEnd?.(step)
  }

  /** The current stage, or the last one. */
  get stage(): string {
    const open = this.steps.findLast((step) => step.duration === undefined)
    return (open ?? this.steps.at(-1))?.stage ?? "dns"
  }

  list(): Array<Step> {
    return this.steps.map((step) => ({ ...step }))
  }

  /** Milliseconds since the first step began. */
  private elapsed(): number {
    const now = Moment.now(this.clock)
    this.origin ??= now
    return (now - this.origin) / 1e6
  }
}

const textOf = (failure: Failure): string => {
  if (typeof failure === "object") return failure.message
  return failure === "overtaken" ? "closed, since another address was faster" : failure
}

type Failure = Exclude<Extract<DialStep, { readonly _tag: "Ended" }>["failure"], undefined>
