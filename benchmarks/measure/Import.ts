/** Wall time of a fresh process that imports an entry point and ends, the runtime's own start included. Median of five. */
import { spawnSync } from "node:child_process"
import process from "node:process"
import { median } from "../report/Statistics.ts"
import type { Outcome, Task } from "./Task.ts"

export const measure = ({ peer, row }: Task): Outcome => {
  const specifier = peer === "ours" ? row.workload.entry : entryPoints[peer]
  const script = specifier === undefined ? "" : `import ${JSON.stringify(specifier)}`
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now()
    const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
      cwd: import.meta.dirname,
      encoding: "utf8"
    })
    if (status !== 0) throw new Error(`cannot import ${specifier}: ${stderr}`)
    return performance.now() - start
  })
  return { values: { time: median(times) }, seen: {}, problems: [] }
}

/** For the raw arm nothing: the runtime alone. */
const entryPoints: Readonly<Record<string, string>> = {
  ws: "ws",
  effectSocket: "effect/socket/Socket"
}
