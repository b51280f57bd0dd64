/**
 * Wall time of a fresh process that imports an entry point and ends, the runtime's own start included. Median of five. Ours
 * is built before, by the script that makes what is published.
 */
import { spawnSync } from "node:child_process"
import process from "node:process"
import { median } from "../report/Statistics.ts"
import type { Outcome, Task } from "./Task.ts"

export const measure = ({ peer, row }: Task): Outcome => {
  if (peer === "ours") build()
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

const build = () => {
  const { status, stderr } = spawnSync("npm", ["run", "bundle", "--workspaces", "--if-present"], {
    cwd: new URL("../..", import.meta.url),
    encoding: "utf8"
  })
  if (status !== 0) throw new Error(`cannot build the packages: ${stderr}`)
}

/** Ours in its published form, as a user of the package loads it; for the raw arm nothing: the runtime alone. */
const entryPoints: Readonly<Record<string, string>> = {
  ws: "ws",
  effectSocket: "effect/socket/Socket"
}
