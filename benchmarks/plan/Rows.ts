/** One row is one workload at one size: what every arm does in turn. Rows are chosen here, and their unit of work is. */
import type { Wire } from "../Frames.ts"
import { messages, type Payload } from "../Payloads.ts"
import { type Targets, type Workload, workloads } from "./Workloads.ts"

export interface Row {
  readonly workload: Workload
  readonly size: number
  readonly targets: Targets
  /** Messages in a unit: what a receiver asks for with one message, what a sender gets one acknowledgement for. */
  readonly unit: number
}

export interface Choice {
  /** Groups, or beginnings of workload names; none: all. */
  readonly only: ReadonlyArray<string>
  /** Of the workloads that are measured by size; none: all. */
  readonly sizes: ReadonlyArray<number>
}

export const choose = ({ only, sizes }: Choice): ReadonlyArray<Row> =>
  workloads
    .filter((workload) => only.length === 0 || only.some((word) => isMeant(workload, word)))
    .flatMap((workload) => Object.entries(workload.rows).map(([size, targets]) => row(workload, Number(size), targets)))
    .filter(({ workload, size }) => workload.by !== "bytes" || sizes.length === 0 || sizes.includes(size))

const isMeant = ({ group, name }: Workload, word: string): boolean =>
  workloads.some((workload) => workload.group === word) ? group === word : name.startsWith(word)

/** What `--quick` measures: receive, send and echo, three sizes. */
export const quick = (): ReadonlyArray<Row> =>
  choose({ only: ["receive text by the array", "send text each", "echo"], sizes: [16, 64, 1024, 65536] })

export const wire = ({ workload, size, unit }: Row): Wire => ({
  payload: payload(workload),
  size: messageBytes(workload, size),
  unit,
  fragment: workload.fragment,
  deflate: workload.deflate
})

const row = (workload: Workload, size: number, targets: Targets): Row => ({
  workload,
  size,
  targets,
  unit: unit(workload, size)
})

/**
 * Long enough that asking and acknowledging cost nothing, short enough for the slowest peer: 4 MiB, within the bounds below.
 * Always a multiple of the distinct messages, so that a unit can be repeated.
 */
const unit = (workload: Workload, size: number): number => {
  if (workload.kind !== "receive" && workload.kind !== "send") return 1
  const bytes = messageBytes(workload, size)
  const distinct = messages(payload(workload), bytes).length
  if (workload.deflate === true) return distinct
  const most = workload.kind === "receive" ? 65536 : 8192
  return Math.max(distinct, Math.min(most, 2 ** Math.floor(Math.log2((4 * 1024 * 1024) / bytes))))
}

const payload = (workload: Workload): Payload => workload.payload ?? "text"

const messageBytes = ({ by, kind, fragment = 0 }: Workload, size: number): number => {
  if (by === "bytes") return size
  if (by === "fragments") return size * fragment
  return kind === "crowd" ? 64 : 16
}
