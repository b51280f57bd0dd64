/** What the harness tells an arm, as JSON in its argument, and what the arm answers, as one line of JSON. */
import type { Row } from "../plan/Rows.ts"

export interface Task {
  readonly peer: string
  readonly row: Row
  /** `ws://` and `wss://` with host and port of the server. */
  readonly url: string
  readonly tlsUrl: string
  /** The authority that issued the server's certificate (PEM). */
  readonly ca: string
  /** How long the measurement is to take, warm-up not counted. */
  readonly seconds: number
}

export interface Outcome {
  /** By the names in `plan/Metrics`. */
  readonly values: Readonly<Record<string, number>>
  /** Everything that happened, warm-up included, to be compared with what the server saw. */
  readonly seen: { readonly received?: number; readonly sent?: number; readonly connections?: number }
  readonly problems: ReadonlyArray<string>
}
