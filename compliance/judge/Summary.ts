/** The verdicts as text: counts per section, every verdict that is not OK, and the line `N/N strict`. */
import * as Casebook from "../casebook/Casebook.ts"
import type { Result } from "../casebook/Result.ts"
import { rank } from "../casebook/Verdict.ts"

/** A case that can be OK and is, in both verdicts. */
export const isStrict = ({ behavior, behaviorClose }: Result): boolean => behavior === "OK" && behaviorClose === "OK"

/** Reported, not judged: it can be OK for nobody. */
export const isInformational = ({ behavior }: Result): boolean => behavior === "INFORMATIONAL"

export const strict = (results: ReadonlyArray<Result>): { readonly count: number; readonly of: number } => {
  const judged = results.filter((result) => !isInformational(result))
  return { count: judged.filter(isStrict).length, of: judged.length }
}

/** How often each verdict came, most welcome first: `behavior`, or with `behaviorClose` where that is not OK. */
export const counts = (results: ReadonlyArray<Result>): ReadonlyArray<readonly [verdict: string, count: number]> => {
  const count = new Map<string, number>()
  const ordered = results.toSorted((a, b) => rank(a.behavior) - rank(b.behavior))
  for (const result of ordered) count.set(verdict(result), (count.get(verdict(result)) ?? 0) + 1)
  return [...count]
}

/** Both verdicts in one: `OK`, or `OK / WRONG CODE` where they differ. */
export const verdict = ({ behavior, behaviorClose }: Result): string =>
  behavior === behaviorClose || behaviorClose === "OK" ? behavior : `${behavior} / ${behaviorClose}`

export const sections = (results: ReadonlyArray<Result>): ReadonlyArray<readonly [string, ReadonlyArray<Result>]> => [
  ...Map.groupBy(results, ({ id }) => Casebook.section(id))
]

export const format = (results: ReadonlyArray<Result>): string => {
  const rows = sections(results).map(([section, group]) => {
    const title = `${section.padEnd(3)} ${Casebook.title(section)}`
    return `${title.padEnd(38)} ${`${group.length}`.padStart(4)}   ${line(group)}`
  })
  const failures = results.filter((result) => !isStrict(result) && !isInformational(result))
  const informational = results.filter(isInformational)
  const { count, of } = strict(results)
  return [
    ...rows,
    "",
    `${"all".padEnd(38)} ${`${results.length}`.padStart(4)}   ${line(results)}`,
    ...(failures.length > 0 ? ["", ...failures.map(explain)] : []),
    ...(informational.length > 0 ? ["", `informational: ${informational.map(({ id }) => id).join(", ")}`] : []),
    "",
    `${count}/${of} strict`
  ].join("\n")
}

const line = (results: ReadonlyArray<Result>): string =>
  counts(results)
    .map(([verdict, count]) => `${count} ${verdict}`)
    .join(", ")

const explain = (result: Result): string => {
  const close = result.behaviorClose === "OK" ? "" : ` ${result.resultClose}`
  return `${result.id.padEnd(8)} ${verdict(result)}: ${result.does} ${result.result}${close}`
}
