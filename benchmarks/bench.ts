/**
 * The benchmark: chooses rows and arms, lets the arms take turns, prints a table per workload, and ends with 1 when a row is
 * below its target, could not be judged, or an arm failed. See README.md for what the tables say.
 */
import { readFileSync, writeFileSync } from "node:fs"
import process from "node:process"
import * as Options from "./plan/Options.ts"
import * as Chart from "./report/Chart.ts"
import * as Json from "./report/Json.ts"
import * as Table from "./report/Table.ts"
import { verdicts } from "./report/Verdict.ts"
import * as Cores from "./run/Cores.ts"
import * as Published from "./run/Published.ts"
import * as Rounds from "./run/Rounds.ts"
import * as Server from "./run/Server.ts"
import * as Turn from "./run/Turn.ts"

const main = async ({ rows, arms, absent, rounds, seconds, json }: Options.Options): Promise<boolean> => {
  const say = (text: string) => process.stdout.write(`${text}\n`)
  const cores = Cores.divide()
  say(
    `${rounds} rounds of ${arms.map(({ name }) => name).join(", ")}; node ${process.versions.node}; ${cores.description}\n`
  )
  for (const reason of absent) say(`not measured: ${reason}`)

  Published.build()
  const ca = readFileSync(new URL("server/certificate.pem", import.meta.url), "utf8")
  const server = await Server.start(cores.server)
  const setting = { server, prefix: cores.arms, ca, seconds }
  const judged: Array<Table.Judged> = []
  for (const [workload, ofWorkload] of Map.groupBy(rows, (row) => row.workload)) {
    const table: Array<Table.Judged> = []
    for (const row of ofWorkload) {
      const result = await Rounds.run(row, arms, rounds, (arm) => Turn.take(arm, row, setting))
      table.push({ result, verdicts: verdicts(result, table[0]?.result ?? result) })
    }
    say(`${Table.format(workload, table)}\n`)
    judged.push(...table)
  }
  server.stop()
  const words = process.argv.slice(2).map((word) => (/\s/.test(word) ? `"${word}"` : word))
  const command = ["npm run bench --", ...words].join(" ")
  if (json !== undefined) write(json, Json.document({ arms, command, rounds, seconds }, judged), judged)
  say(summary(judged))
  return judged.every(
    ({ result, verdicts }) =>
      result.failures.size === 0 && verdicts.every(({ mark }) => mark !== "below" && mark !== "void")
  )
}

const write = (file: string, document: Json.Document, judged: ReadonlyArray<Table.Judged>): void => {
  writeFileSync(file, `${JSON.stringify(document, null, 1)}\n`)
  for (const [group, rows] of Map.groupBy(judged, ({ result }) => result.row.workload.group)) {
    writeFileSync(`${file.replace(/\.json$/, "")}-${group}.svg`, Chart.svg(group, rows))
  }
}

const summary = (judged: ReadonlyArray<Table.Judged>): string => {
  const marks = judged.flatMap(({ verdicts }) => verdicts.map(({ mark }) => mark ?? "without targets"))
  const counts = [...Map.groupBy(marks, (mark) => mark)].map(([mark, { length }]) => `${length} ${mark}`)
  const failures = judged.reduce((sum, { result }) => sum + result.failures.size, 0)
  return `${counts.join(", ")}${failures > 0 ? `; ${failures} arms failed` : ""}`
}

const options = Options.parse(process.argv.slice(2))
if (typeof options === "string") {
  process.stderr.write(`${options}\n\n${Options.usage}`)
  process.exitCode = 2
} else {
  process.exitCode = (await main(options)) ? 0 : 1
}
