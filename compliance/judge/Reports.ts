/** The files of a run: `index.json` in Autobahn's format and `index.html`, side by side. */
import { mkdir, writeFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import type { Result } from "../casebook/Result.ts"
import * as AutobahnIndex from "./AutobahnIndex.ts"
import * as Page from "./Page.ts"

/** A relative folder is meant from where npm was started. Gives the page's path. */
export const write = async (to: string, agent: string, results: ReadonlyArray<Result>): Promise<string> => {
  const folder = resolve(process.env.INIT_CWD ?? "", to)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, "index.json"), `${JSON.stringify(AutobahnIndex.make(results), undefined, 2)}\n`)
  const page = join(folder, "index.html")
  await writeFile(page, Page.render(agent, results, new Date()))
  return page
}
