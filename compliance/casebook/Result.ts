/** One case played with one agent: the verdicts, why, and what passed over the wire. */
import type { Judgement } from "./Verdict.ts"
import type { LogLine } from "./Wire.ts"

export interface Result extends Judgement {
  readonly id: string
  readonly agent: string
  readonly does: string
  readonly expects: string
  /** Milliseconds. */
  readonly duration: number
  readonly remoteCloseCode: number | null
  readonly log: ReadonlyArray<LogLine>
}
