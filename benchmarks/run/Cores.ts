/**
 * Which cores the server and the arms run on. A round trip between two processes takes several times as long across cores as
 * on one, and the kernel moves processes about; so, where `taskset` is there (Linux), the server has a core of its own and
 * the arms have the others.
 */
import { spawnSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"

export interface Cores {
  /** What to put in front of a command. */
  readonly server: ReadonlyArray<string>
  readonly arms: ReadonlyArray<string>
  readonly description: string
}

export const divide = (): Cores => {
  const [first, ...others] = existsSync(STATUS) ? allowed(readFileSync(STATUS, "utf8")) : []
  if (first === undefined || others.length === 0 || spawnSync("taskset", ["--version"]).status !== 0) {
    return { server: [], arms: [], description: "server and arms share the cores" }
  }
  return {
    server: ["taskset", "--cpu-list", `${first}`],
    arms: ["taskset", "--cpu-list", others.join(",")],
    description: `server on core ${first}, arms on ${others.join(", ")}`
  }
}

/** The cores this process may use, from the kernel's list such as `0-2,5`. */
export const allowed = (status: string): ReadonlyArray<number> => {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1]
  if (list === undefined) return []
  return list.split(",").flatMap((range) => {
    const [from = 0, to = from] = range.split("-").map(Number)
    return Array.from({ length: to - from + 1 }, (_, index) => from + index)
  })
}

const STATUS = "/proc/self/status"
