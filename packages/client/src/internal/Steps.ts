/**
 * What was tried while a connection was opened, with timings: the list that every ConnectError carries, and the stage
 * that a deadline names.
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
  private readonly clock: Clock.Clock
  /** When the first step began. */
  private origin: Moment.Moment | undefined
  private readonly steps: Array<OpenStep> = []

  constructor(clock: Clock.Clock) {
    this.clock = clock
  }

  /** What a transport tells. */
  readonly report = (step: DialStep): void => {
    if (step._tag === "Started") return this.begin(step.stage, step.detail)
    const { detail, failure, stage } = step
    this.end(stage, failure === undefined || failure === "interrupted" ? failure : failure.message, detail)
  }

  begin(stage: string, detail: string): void {
    this.steps.push({ stage, detail, startedAt: this.elapsed() })
  }

  /** `outcome` is what came of a stage that succeeded, where that says more than what it was tried with. */
  end(stage: string, failure: string | undefined, outcome?: string): void {
    const step = this.steps.findLast((open) => open.stage === stage && open.duration === undefined)
    if (step === undefined) return
    step.duration = this.elapsed() - step.startedAt
    if (failure !== undefined) step.failure = failure
    else if (outcome !== undefined && outcome !== step.detail) step.outcome = outcome
  }

  /** The stage that is going on, or the last one. */
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
    return Number(now - this.origin) / 1e6
  }
}
