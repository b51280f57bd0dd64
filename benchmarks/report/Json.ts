/** Everything a run measured, as it is written to a file and committed beside a table. */
import { cpus } from "node:os"
import process from "node:process"
import type { Judged } from "./Table.ts"

export const document = (command: string, rounds: number, seconds: number, rows: ReadonlyArray<Judged>): unknown => ({
  date: new Date().toISOString(),
  command,
  machine: { processor: cpus()[0]?.model, cores: cpus().length, platform: process.platform, versions: versions() },
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

const versions = () => {
  const { node, v8 } = process.versions
  return { node, v8 }
}
