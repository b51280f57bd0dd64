/** Plays cases with agents against one server in this process, all at the same time, and gives the verdicts by id. */
import type { Agent } from "../agents/Agent.ts"
import type { Case } from "../casebook/Case.ts"
import * as Casebook from "../casebook/Casebook.ts"
import type { Result } from "../casebook/Result.ts"
import { listen } from "../casebook/Server.ts"
import * as Summary from "../judge/Summary.ts"

const everything: ReadonlyArray<Case> = [...Casebook.autobahn(), ...Casebook.chapters()]

/** The cases of these ids and sections. */
export const named = (ids: ReadonlyArray<string>): ReadonlyArray<Case> => Casebook.select(everything, ids)

/** One verdict for several ids. */
export const all = (verdict: string, ids: string): Readonly<Record<string, string>> =>
  Object.fromEntries(ids.split(" ").map((id) => [id, verdict]))

/** By agent and id, both verdicts in one text: `OK`, `NON-STRICT`, `OK / WRONG CODE`. */
export type Verdicts = ReadonlyMap<string, ReadonlyMap<string, string>>

export const play = async (agents: ReadonlyMap<string, Agent>, cases: ReadonlyArray<Case>): Promise<Verdicts> => {
  const results: Array<Result> = []
  const runs = [...agents].flatMap(([name, agent]) => cases.map(({ id }) => ({ name, agent, id })))
  const judged = Promise.withResolvers<void>()
  const server = await listen({
    cases,
    messages: 5,
    port: 0,
    onResult: (result) => {
      results.push(result)
      if (results.length === runs.length) judged.resolve()
    }
  })
  await Promise.all(runs.map(({ agent, id, name }) => agent.run(`${server.url}/runCase?case=${id}&agent=${name}`)))
  await judged.promise
  await server.close()
  const verdicts = (name: string) =>
    new Map(results.filter(({ agent }) => agent === name).map((result) => [result.id, Summary.verdict(result)]))
  return new Map([...agents.keys()].map((name) => [name, verdicts(name)]))
}

/** Only what is not OK, and not merely informational, by id in order. */
export const notOk = (verdicts: ReadonlyMap<string, string> | undefined): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...(verdicts ?? [])]
      .filter(([, verdict]) => verdict !== "OK" && verdict !== "INFORMATIONAL")
      .toSorted(([left], [right]) => left.localeCompare(right, "en", { numeric: true }))
  )
