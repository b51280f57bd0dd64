/**
 * `npm run compliance`: plays the casebook with a client and judges it.
 *
 *     --agent NAME      ours (default), ws, undici, sample, broken-*
 *     --cases LIST      ids, sections or globs with commas between, such as 6.4,7.*,H; default all
 *     --quick           seconds: every section, without what waits or is heavy
 *     --messages N      messages per case in 12 and 13; default 100
 *     --full            as --messages 1000
 *     --out FOLDER      where index.json and index.html go; default compliance/.reports/NAME
 *
 * The exit code is 1 when a case that can be OK is not.
 */
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import * as Agents from "../agents/index.ts"
import * as Casebook from "../casebook/Casebook.ts"
import * as Reports from "./Reports.ts"
import { run } from "./Run.ts"
import * as Summary from "./Summary.ts"

const { values } = parseArgs({
  options: {
    agent: { type: "string", default: "ours" },
    cases: { type: "string", default: "*" },
    quick: { type: "boolean", default: false },
    messages: { type: "string", default: "100" },
    full: { type: "boolean", default: false },
    out: { type: "string" }
  }
})

const everything = [...Casebook.autobahn(), ...Casebook.chapters()]
const selected = Casebook.select(values.quick ? Casebook.quick(everything) : everything, values.cases.split(","))
if (selected.length === 0) throw new Error(`no case is named ${values.cases}`)

const messages = values.full ? 1000 : values.quick ? 5 : Number(values.messages)
const agent = await Agents.find(values.agent)
const start = performance.now()
const results = await run({
  name: values.agent,
  agent,
  cases: selected,
  messages,
  onProgress: (done, { id }) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${done}/${selected.length} ${id}`)
  }
})
if (process.stderr.isTTY) process.stderr.write("\r\x1b[K")

const folder = values.out ?? join(fileURLToPath(new URL("../.reports/", import.meta.url)), values.agent)
const page = await Reports.write(folder, values.agent, results)

const { count, of } = Summary.strict(results)
console.log(`${values.agent}, ${selected.length} cases in ${((performance.now() - start) / 1000).toFixed(1)} s`)
console.log(`report: ${page}\n`)
console.log(Summary.format(results))
process.exit(count === of ? 0 : 1)
