/** The command line of the benchmark. */
import { existsSync } from "node:fs"
import { dirname, resolve } from "node:path"
import process from "node:process"
import { parseArgs } from "node:util"
import { type Arm, arms, missing, nativeAddOn } from "./Arms.ts"
import * as Rows from "./Rows.ts"

export interface Options {
  readonly rows: ReadonlyArray<Rows.Row>
  readonly arms: ReadonlyArray<Arm>
  /** Arms that were asked for and are not here, each with the reason. */
  readonly absent: ReadonlyArray<string>
  readonly rounds: number
  /** Of measuring, per arm and round. */
  readonly seconds: number
  /** An absolute path, in a folder that is there. */
  readonly json: string | undefined
}

export const usage = `npm run bench -- [options]

  --only NAMES      groups or beginnings of workload names, with commas: receive,send
  --sizes BYTES     of the workloads that are measured by size: 16,65536
  --arms NAMES      of ${arms.map(({ name }) => name).join(", ")}
  --all             every client that is installed
  --quick           three sizes of receive, send and echo, against ws and the floor, three rounds
  --rounds N        how often every arm takes its turn (7)
  --seconds S       how long a turn measures (0.5)
  --json FILE       write everything measured, and a chart per group beside it
`

/** What to run, or what is wrong with the arguments. */
export const parse = (args: ReadonlyArray<string>): Options | string => {
  const values = valuesOf(args)
  if (values instanceof Error) return values.message
  const choice = { only: list(values.only).map(unabbreviated), sizes: list(values.sizes).map(Number) }
  const chosen = choice.only.length + choice.sizes.length > 0
  const rows = values.quick && !chosen ? Rows.quick() : Rows.choose(choice)
  if (rows.length === 0) return "no workload has such a name and size"

  const names = list(values.arms)
  const unknown = names.find((name) => !arms.some((arm) => arm.name === name))
  if (unknown !== undefined) return `there is no arm named ${unknown}`
  const wanted = arms.filter(({ name, part }) =>
    names.length > 0
      ? names.includes(name)
      : part === "always" || (part === "full" && !values.quick) || (part === "all" && values.all)
  )
  const rounds = Number(values.rounds ?? (values.quick ? 3 : 7))
  const seconds = Number(values.seconds ?? (values.quick ? 0.3 : 0.5))
  if (!(Number.isInteger(rounds) && rounds > 0 && seconds > 0)) return "--rounds and --seconds take positive numbers"
  const json = values.json && resolve(calledFrom(), values.json)
  // Said now, and not when all is measured.
  if (json && !existsSync(dirname(json))) return `--json ${values.json}: there is no folder ${dirname(json)}`

  const reasons = wanted.map((arm) => ({ arm, reason: missing(arm) }))
  return {
    rows,
    arms: reasons.filter(({ reason }) => reason === undefined).map(({ arm }) => arm),
    absent: [...reasons.map(({ reason }) => reason), nativeAddOn()].filter((reason) => reason !== undefined),
    rounds,
    seconds,
    json
  }
}

/** Where the command was given: npm runs scripts in the folder of their package. */
const calledFrom = (): string => process.env.INIT_CWD ?? process.cwd()

const valuesOf = (args: ReadonlyArray<string>) => {
  const text = { type: "string" } as const
  const flag = { type: "boolean", default: false } as const
  const options = { only: text, sizes: text, arms: text, rounds: text, seconds: text, json: text } as const
  try {
    return parseArgs({ args: [...args], options: { ...options, quick: flag, all: flag } }).values
  } catch (error) {
    return error as Error
  }
}

const list = (value: string | undefined): ReadonlyArray<string> =>
  (value ?? "").split(",").filter((part) => part.length > 0)

const unabbreviated = (name: string): string => (name === "recv" ? "receive" : name)
