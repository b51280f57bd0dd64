/**
 * `npm run casebook`: the casebook as a fuzzing server for clients in any language, with Autobahn's control paths.
 *
 *     --port N          default 9001
 *     --host NAME       default 127.0.0.1
 *     --cases LIST      as in `npm run compliance`; default Autobahn's 517
 *     --messages N      messages per case in 12 and 13; default 1000, as in the original
 *     --out FOLDER      where /updateReports writes; default compliance/.reports/served
 */
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import * as Casebook from "../casebook/Casebook.ts"
import type { Result } from "../casebook/Result.ts"
import { listen } from "../casebook/Server.ts"
import * as Reports from "./Reports.ts"

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "9001" },
    host: { type: "string", default: "127.0.0.1" },
    cases: { type: "string", default: "1,2,3,4,5,6,7,9,10,12,13" },
    messages: { type: "string", default: "1000" },
    out: { type: "string", default: fileURLToPath(new URL("../.reports/served", import.meta.url)) }
  }
})

const cases = Casebook.select([...Casebook.autobahn(), ...Casebook.chapters()], values.cases.split(","))
const results = new Map<string, Result>()
const server = await listen({
  cases,
  messages: Number(values.messages),
  port: Number(values.port),
  host: values.host,
  onResult: (result) => {
    results.set(`${result.agent} ${result.id}`, result)
    console.log(`${result.agent} ${result.id} ${result.behavior} ${result.behaviorClose}`)
  },
  onUpdateReports: (agent) =>
    Reports.write(
      values.out,
      agent,
      [...results.values()].filter((result) => result.agent === agent)
    )
})
console.log(`${cases.length} cases at ${server.url}, reports in ${values.out}`)
