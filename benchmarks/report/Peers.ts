/**
 * The table of docs/performance.md, from one committed run with every arm that was installed: what each reached, as a ratio to
 * `ws`, a line per workload with all of its sizes. The best client is in bold. Nothing is judged here.
 */
import { FLOOR } from "../plan/Arms.ts"
import { type Workload, workloads } from "../plan/Workloads.ts"
import type { Document, Row } from "./Json.ts"
import { heading, number, titles } from "./Readme.ts"
import { median } from "./Statistics.ts"
import * as Table from "./Table.ts"
import { HEADROOM } from "./Verdict.ts"

export const begin = "<!-- npm run bench, every arm: begin -->"
export const end = "<!-- npm run bench, every arm: end -->"

/** The lines between `begin` and `end`, which are in docs/performance.md as they are here. */
export const section = (document: Document): string => {
  const names = Table.columns(document.rows.flatMap(({ arms }) => Object.keys(arms)))
  return [
    ...heading("Each client / `ws`: more is better, but for times and memory", [document]),
    "",
    `| workload | what | ${names.join(" | ")} |`,
    `| --- | --- |${" --- |".repeat(names.length)}`,
    ...workloads.flatMap((workload) => line(workload, names, document))
  ].join("\n")
}

/** By what a user feels: the first metric that there is. Of workloads with targets, and in ratios to `ws`. */
const line = (workload: Workload, names: ReadonlyArray<string>, { rows }: Document): ReadonlyArray<string> => {
  if (workload.growth === true || workload.kind === "import") return []
  const judged = rows.filter((row) => row.workload === workload.name && row.must !== undefined)
  const told = judged.filter(({ metric }) => metric === judged[0]!.metric).sort((left, right) => left.size - right.size)
  if (told.length === 0) return []
  const cells = names.map((name) => told.map((row) => cell(row, name)).join(" / "))
  const sizes = told.map(({ size }) => Table.size(workload, size)).join(" / ")
  return [`| ${workload.name}, ${sizes} | ${titles[told[0]!.metric]} | ${cells.join(" | ")} |`]
}

const cell = (row: Row, name: string): string => {
  const ratio = ratioOf(row, name)
  if (ratio === undefined) return "-"
  const text = `${isHeldUp(row, name) ? "≥ " : ""}${number(ratio)}`
  return name !== FLOOR && ratio === best(row) ? `**${text}**` : text
}

/** Of the clients; `ws` itself has 1. */
const best = (row: Row): number => {
  const ratios = Object.keys(row.arms).flatMap((name) => (name === FLOOR ? [] : (ratioOf(row, name) ?? [])))
  return row.metric === "rate" ? Math.max(...ratios, 1) : Math.min(...ratios, 1)
}

const ratioOf = ({ arms }: Row, name: string): number | undefined => arms[name]?.ratio?.median

/** The server could not have driven so much more that the arm may not be faster than is seen here. */
const isHeldUp = ({ arms, serverRate }: Row, name: string): boolean =>
  serverRate !== undefined && serverRate < HEADROOM * median(arms[name]!.values)
