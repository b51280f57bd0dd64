/**
 * `npm run autobahn`: runs our client against any Autobahn fuzzing server.
 *
 *     --url URL               the server; default ws://127.0.0.1:9001
 *     --agent NAME            the name in its reports; default effect-websocket
 *     --no-deflate            offers no compression
 *     --server-report FOLDER  where the server writes index.json: then behaviorClose is compared too
 *
 * The exit code is 1 when a case is worse than expected.json has it, and 2 when there is no server to ask.
 */
import { readFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import { parseArgs } from "node:util"
import { ask, make } from "../agents/ours.ts"
import * as Casebook from "../casebook/Casebook.ts"
import { drive, type Verdict } from "./Drive.ts"
import * as Expected from "./Expected.ts"

const { values } = parseArgs({
  options: {
    url: { type: "string", default: "ws://127.0.0.1:9001" },
    agent: { type: "string", default: "effect-websocket" },
    "no-deflate": { type: "boolean", default: false },
    "server-report": { type: "string" }
  }
})

const deflate = !values["no-deflate"]
const told = await drive({
  url: values.url.replace(/\/$/, ""),
  name: values.agent,
  agent: make({ deflate }),
  ask,
  ids: Casebook.autobahn().map(({ id }) => id),
  onCase: (done, of, { behavior, id }) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${done}/${of} ${id} ${behavior}`)
    else if (done % 50 === 0 || done === of) console.error(`${done}/${of}`)
  }
}).catch((error: Error) => {
  console.error(error.message)
  process.exit(2)
})
if (process.stderr.isTTY) process.stderr.write("\r\x1b[K")

/** With the server's own index at hand, both verdicts are known. */
const reported = async (folder: string): Promise<ReadonlyArray<Verdict>> => {
  const index: Record<string, Record<string, Expected.Entry>> = JSON.parse(
    await readFile(join(resolve(process.env.INIT_CWD ?? "", folder), "index.json"), "utf8")
  )
  const cases = index[values.agent] ?? {}
  return told.map((verdict) => ({ ...verdict, ...cases[verdict.id] }))
}

const folder = values["server-report"]
const verdicts = folder === undefined ? told : await reported(folder)

for (const [section, group] of Map.groupBy(verdicts, ({ id }) => Casebook.section(id))) {
  const counts = [...Map.groupBy(group, ({ behavior }) => behavior)].map(([verdict, of]) => `${of.length} ${verdict}`)
  console.log(
    `${`${section} ${Casebook.title(section)}`.padEnd(38)} ${`${group.length}`.padStart(4)}   ${counts.join(", ")}`
  )
}

const ledger = await Expected.read()
const worse = Expected.worse(ledger, verdicts, deflate)
for (const { behavior, behaviorClose, expected, id } of worse) {
  const close = behaviorClose === undefined ? "" : ` / ${behaviorClose}`
  console.log(`${id}: ${behavior}${close}, expected ${expected.behavior} / ${expected.behaviorClose}`)
}
console.log(`\n${verdicts.length - worse.length}/${verdicts.length} as expected`)
process.exit(worse.length === 0 ? 0 : 1)
