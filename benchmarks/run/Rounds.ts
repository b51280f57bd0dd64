/**
 * All rounds of one row: in each round every arm takes its turn, beginning one place further on, so that what else the machine
 * does falls on all of them alike and ratios compare neighbours in time.
 */
import type { Arm } from "../plan/Arms.ts"
import type { Row } from "../plan/Rows.ts"
import type { Turn } from "./Turn.ts"

export interface Result {
  readonly row: Row
  /** By arm; as many turns as there were rounds. */
  readonly turns: ReadonlyMap<string, ReadonlyArray<Turn>>
  /** By arm: why it has no turns. */
  readonly failures: ReadonlyMap<string, string>
}

export const run = async (
  row: Row,
  arms: ReadonlyArray<Arm>,
  rounds: number,
  take: (arm: Arm) => Promise<Turn | string>
): Promise<Result> => {
  const turns = new Map<string, Array<Turn>>()
  const failures = new Map<string, string>()
  const { workload } = row
  const able = arms.filter(
    ({ lacks, name }) => (workload.arms?.includes(name) ?? true) && lacks(workload) === undefined
  )
  for (let round = 0; round < rounds; round++) {
    for (let place = 0; place < able.length; place++) {
      const arm = able[(round + place) % able.length]!
      if (failures.has(arm.name)) continue
      const turn = await take(arm)
      if (typeof turn === "string") {
        failures.set(arm.name, turn)
        turns.delete(arm.name)
      } else {
        turns.set(arm.name, [...(turns.get(arm.name) ?? []), turn])
      }
    }
  }
  return { row, turns, failures }
}
