/** What is judged about a row: which value, in which unit, how it compares with `ws`, and which direction is good. */
import type { Row } from "./Rows.ts"
import type { Kind, Targets } from "./Workloads.ts"

export interface Metric {
  /** The name of the value in an arm's outcome. */
  readonly key: "rate" | "cpu" | "p50" | "p99" | "resident" | "time"
  readonly label: string
  /** From an arm's value and the baseline's. */
  readonly compare: (value: number, baseline: number) => number
  readonly better: "more" | "less"
  /** Of the row's targets, those of this metric. */
  readonly targets: (targets: Targets) => Targets
  /** Whether the server drives what is measured, so that a slow server would spoil it. */
  readonly driven: boolean
  /** What values are compared with: those of `ws`, or of the same arm in the workload's first row. */
  readonly against: "baseline" | "itself"
}

export const metricsOf = ({ workload }: Row): ReadonlyArray<Metric> => {
  if (workload.growth === true) return [growth]
  return workload.kind === "echo" && workload.outstanding === 1 ? [p50, p99, inverseCpu] : byKind[workload.kind]
}

const same = (targets: Targets): Targets => targets
const times = (value: number, baseline: number) => value / baseline

const rate: Metric = {
  key: "rate",
  label: "/s",
  compare: times,
  better: "more",
  targets: same,
  driven: true,
  against: "baseline"
}

/** Shown as `ws` / ours, so that more is better here too and the row's targets apply. */
const cpu: Metric = {
  key: "cpu",
  label: "CPU s/M",
  compare: (value, baseline) => baseline / value,
  better: "more",
  targets: same,
  driven: false,
  against: "baseline"
}

const p50: Metric = { ...cpu, key: "p50", label: "p50 µs", compare: times, better: "less" }
const p99: Metric = { ...p50, key: "p99", label: "p99 µs" }

/** Where the row's targets say how much longer ours may take. */
const inverseCpu: Metric = {
  ...cpu,
  targets: (targets) => (targets === undefined ? undefined : [1 / targets[0], 1 / targets[1]])
}

const resident: Metric = { ...p50, key: "resident", label: "B each" }

/** Of CPU time; the program's threads included, the kernel's share too. */
const growth: Metric = { ...cpu, compare: times, better: "less", against: "itself" }

/** In milliseconds, against the clock and not against `ws`. */
const time: Metric = { ...p50, key: "time", label: "ms", compare: (value) => value }

const byKind: Readonly<Record<Kind, ReadonlyArray<Metric>>> = {
  receive: [rate, cpu],
  send: [rate, cpu],
  echo: [rate, cpu],
  connect: [rate, cpu],
  idle: [resident],
  crowd: [rate, cpu],
  import: [time]
}
