/** Everything a run measured, as it is written to a file and committed beside a table. */
import { cpus } from "node:os"
import process from "node:process"
import * as Arms from "../plan/Arms.ts"
import type { Summary } from "./Statistics.ts"
import type { Judged } from "./Table.ts"
import type { Mark } from "./Verdict.ts"

export interface Document {
  /** ISO 8601. */
  readonly date: string
  readonly command: string
  readonly machine: {
    readonly processor: string | undefined
    readonly cores: number
    readonly platform: string
    /** Of Node, and by their names of the arms that do not run in it. */
    readonly versions: { readonly node: string; readonly v8: string } & Readonly<Record<string, string>>
  }
  readonly rounds: number
  readonly seconds: number
  readonly rows: ReadonlyArray<Row>
}

/** One metric of one size of a workload. */
export interface Row {
  readonly workload: string
  readonly size: number
  readonly metric: string
  readonly must?: number | undefined
  readonly aim?: number | undefined
  readonly mark?: Mark | undefined
  readonly serverRate?: number | undefined
  readonly arms: Readonly<Record<string, Arm>>
  /** By arm: why it has no values. */
  readonly failures: Readonly<Record<string, string>>
}

export interface Arm {
  readonly values: ReadonlyArray<number>
  readonly ratio?: Summary | undefined
  readonly atFloor: boolean
}

/** How it was measured. */
export interface Setting extends Pick<Document, "command" | "rounds" | "seconds"> {
  readonly arms: ReadonlyArray<Arms.Arm>
}

export const document = ({ arms, command, rounds, seconds }: Setting, rows: ReadonlyArray<Judged>): Document => ({
  date: new Date().toISOString(),
  command,
  machine: {
    processor: cpus()[0]?.model,
    cores: cpus().length,
    platform: process.platform,
    versions: { node: process.versions.node, v8: process.versions.v8, ...Arms.versions(arms) }
  },
  rounds,
  seconds,
  rows: rows.flatMap(({ result, verdicts }) =>
    verdicts.map(({ metric, targets, arms, serverRate, mark }) => ({
      workload: result.row.workload.name,
      size: result.row.size,
      metric: metric.key,
      must: targets?.[0],
      aim: targets?.[1],
      mark,
      serverRate,
      arms: Object.fromEntries(
        [...arms].map(([name, { values, ratio, atFloor }]) => [name, { values, ratio, atFloor }])
      ),
      failures: Object.fromEntries(result.failures)
    }))
  )
})
