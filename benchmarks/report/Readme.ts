/**
 * The table of the README, from the committed documents of several runs: the ratios of ours to `ws`, a line per workload with
 * all of its sizes. Each is the median over the runs of their medians; whether `must` holds is said where it does not, in
 * any of the runs.
 */
import { OURS } from "../plan/Arms.ts"
import { type Workload, workloads } from "../plan/Workloads.ts"
import type { Document, Row } from "./Json.ts"
import { median } from "./Statistics.ts"
import * as Table from "./Table.ts"

/** The lines between `begin` and `end`, which are in the README as they are here. */
export const section = (documents: ReadonlyArray<Document>): string => {
  return [
    ...heading("Ours / `ws`: more is better, but for times, memory and growth", documents),
    "",
    "| workload | what | must | ours / `ws` |",
    "| --- | --- | --- | --- |",
    ...workloads.flatMap((workload) => lines(workload, documents))
  ].join("\n")
}

/** What a table shows, and how it came about. */
export const heading = (what: string, documents: ReadonlyArray<Document>): ReadonlyArray<string> => {
  const [first] = documents
  if (first === undefined) throw new Error("there is no run to tell of")
  const { command, date, machine, rounds } = first
  const { cores, platform, processor, versions } = machine
  const { node, v8, ...others } = versions
  const programs = [`Node ${node}`, ...Object.entries(others).map((program) => program.join(" "))]
  return [
    `${what}; ${runs(documents.length)} of ${rounds} rounds on ${date.slice(0, 10)}, ` +
      `${processor}, ${cores} cores, ${platform}, ${programs.join(", ")}, by`,
    `\`${command.replace(/ --json \S+/, "")}\`.`
  ]
}

const runs = (count: number): string => (count === 1 ? "one run" : `${count} runs`)

export const begin = "<!-- npm run bench: begin -->"
export const end = "<!-- npm run bench: end -->"

const lines = (workload: Workload, documents: ReadonlyArray<Document>): ReadonlyArray<string> => {
  const judged = documents.flatMap(({ rows }) =>
    rows.filter((row) => row.workload === workload.name && row.must !== undefined)
  )
  return [...Map.groupBy(judged, ({ metric }) => metric)].map(([metric, rows]) => {
    const sizes = [...Map.groupBy(rows, ({ size }) => size)].sort(([left], [right]) => left - right)
    const column = (of: (rows: ReadonlyArray<Row>) => string) => sizes.map(([, ofSize]) => of(ofSize)).join(" / ")
    const name = [workload.name, sizes.map(([size]) => Table.size(workload, size)).join(" / ")].filter(
      (part) => part !== ""
    )
    return `| ${name.join(", ")} | ${titles[metric]} | ${column(([row]) => number(row!.must!))} | ${column(result)} |`
  })
}

const result = (rows: ReadonlyArray<Row>): string => {
  const ratio = number(median(rows.map(({ arms }) => arms[OURS]?.ratio?.median ?? Number.NaN)))
  const misses = rows.filter(({ mark }) => mark === "below" || mark === "void")
  if (misses.length > 0) return `${ratio} (${misses.map(({ mark }) => mark).join(", ")})`
  return rows.every(({ mark }) => mark === "floor") ? `${ratio} (floor)` : ratio
}

export const number = (ratio: number): string => String(Number(ratio.toPrecision(3)))

export const titles: Readonly<Record<string, string>> = {
  rate: "per second",
  cpu: "CPU",
  p50: "p50",
  p99: "p99",
  resident: "bytes",
  time: "ms, not a ratio"
}
