/** A workload's verdicts as text: a line per row and metric, a column per arm with the median ratio to `ws` and its spread. */
import { BASELINE, FLOOR, OURS } from "../plan/Arms.ts"
import type { Metric } from "../plan/Metrics.ts"
import type { Workload } from "../plan/Workloads.ts"
import type { Result } from "../run/Rounds.ts"
import type { Measured, Verdict } from "./Verdict.ts"

export interface Judged {
  readonly result: Result
  readonly verdicts: ReadonlyArray<Verdict>
}

export const format = (workload: Workload, rows: ReadonlyArray<Judged>): string => {
  const arms = columns(rows.flatMap(({ result }) => [...result.turns.keys()]))
  const head = [
    sizeTitle[workload.by],
    "metric",
    "must",
    "aim",
    BASELINE,
    ...arms,
    `${OURS}, worse quartile`,
    "server",
    ""
  ]
  const lines = rows.flatMap(({ result, verdicts }) =>
    verdicts.map((verdict, index) => [
      index === 0 ? size(workload, result.row.size) : "",
      verdict.metric.label,
      verdict.targets === undefined ? "" : ratio(verdict.targets[0]),
      verdict.targets === undefined ? "" : ratio(verdict.targets[1]),
      value(verdict.arms.get(BASELINE)?.value.median),
      ...arms.map((name) => cell(verdict.arms.get(name), verdict.metric)),
      worseQuartile(verdict),
      verdict.serverRate === undefined ? "" : `${value(verdict.serverRate)}/s`,
      verdict.mark ?? ""
    ])
  )
  const failures = rows.flatMap(({ result }) =>
    [...result.failures].map(([name, why]) => `  ${name}, ${size(workload, result.row.size)}: failed: ${why}`)
  )
  return [workload.name, ...align([head, ...lines]), ...failures].join("\n")
}

/** The arms that have a column: ours first, the floor last, the baseline not at all, since its ratios are ones. */
export const columns = (arms: ReadonlyArray<string>): ReadonlyArray<string> => {
  const names = new Set(arms)
  const others = [...names].filter((name) => name !== BASELINE && name !== OURS && name !== FLOOR).sort()
  return [OURS, ...others, FLOOR].filter((name) => names.has(name))
}

/** The median ratio and half the distance between its quartiles. Without a baseline, the value. */
const cell = (arm: Measured | undefined, metric: Metric): string => {
  if (arm === undefined) return ""
  if (arm.ratio === undefined) return value(arm.value.median)
  const { low, median, high } = arm.ratio
  if (metric.against === "itself") return `${ratio(median)} ±${ratio((high - low) / 2)} (${value(arm.value.median)})`
  if (metric.key === "time") return `${Math.round(median)} ±${Math.round((high - low) / 2)}`
  return `${ratio(median)} ±${ratio((high - low) / 2)}${arm.atFloor ? "*" : ""}`
}

const worseQuartile = ({ arms, metric }: Verdict): string => {
  const summary = arms.get(OURS)?.ratio
  return summary === undefined ? "" : ratio(metric.better === "more" ? summary.low : summary.high)
}

export const ratio = (number: number): string => {
  if (number < 0.1) return number.toPrecision(1)
  return number.toFixed(number < 10 ? 2 : number < 100 ? 1 : 0)
}

/** Three digits and a prefix. */
export const value = (number: number | undefined): string => {
  if (number === undefined) return ""
  const [scale, prefix] = number >= 1e6 ? [1e6, " M"] : number >= 1e4 ? [1e3, " k"] : [1, ""]
  return `${Number((number / scale).toPrecision(3))}${prefix}`
}

/** A row's size as it is told. */
export const size = ({ by }: Workload, number: number): string => {
  if (by === "") return ""
  if (by !== "bytes" || number < 1024) return `${number}${by === "bytes" ? " B" : ""}`
  return number < 1024 * 1024 ? `${number / 1024} KiB` : `${number / 1024 / 1024} MiB`
}

const sizeTitle = {
  bytes: "size",
  "at a time": "at a time",
  open: "open",
  "messages before": "messages before",
  fragments: "fragments",
  "": ""
}

const align = (lines: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  return lines.map((line) => `  ${line.map((text, column) => text.padStart(widths[column]!)).join("  ")}`.trimEnd())
}
