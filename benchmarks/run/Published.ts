/** Our packages as a program gets them: every arm loads what `npm pack` would publish, and not the sources. */
import { spawnSync } from "node:child_process"

export const build = (): void => {
  const { status, stderr } = spawnSync("npm", ["run", "bundle", "--workspaces", "--if-present"], {
    cwd: new URL("../..", import.meta.url),
    encoding: "utf8"
  })
  if (status !== 0) throw new Error(`cannot build the packages: ${stderr}`)
}
