/** All cases in order: Autobahn's 517, then our own chapters; and how a selection of them is named. */
import type { Case } from "./Case.ts"
import { closing } from "./sections/Closing.ts"
import { compression } from "./sections/Compression.ts"
import { fragmentation } from "./sections/Fragmentation.ts"
import { framing } from "./sections/Framing.ts"
import { limits } from "./sections/Limits.ts"
import { pingPong } from "./sections/PingPong.ts"
import { reserved } from "./sections/Reserved.ts"
import { utf8 } from "./sections/Utf8.ts"
import { utf8Sequences } from "./sections/Utf8Sequences.ts"

/** Autobahn's cases, in the order of its numbers. */
export const autobahn = (): ReadonlyArray<Case> =>
  [
    ...framing(),
    ...pingPong(),
    ...reserved(),
    ...fragmentation(),
    ...utf8(),
    ...utf8Sequences(),
    ...closing(),
    ...limits(),
    ...compression()
  ].sort(byId)

/** The cases that one of the patterns names: an id, a section (`6`, `6.4`), or a glob such as `6.*.1`. */
export const select = (cases: ReadonlyArray<Case>, patterns: ReadonlyArray<string>): ReadonlyArray<Case> => {
  const expressions = patterns.map((pattern) => {
    const [escaped] = [pattern.replaceAll(".", "\\.").replaceAll("*", ".*")]
    return new RegExp(`^${escaped}(\\..*)?$`)
  })
  return cases.filter(({ id }) => expressions.some((expression) => expression.test(id)))
}

export const section = (id: string): string => id.split(".")[0]!

const byId = (left: Case, right: Case): number => {
  const [a, b] = [left, right].map(({ id }) => id.split(".").map(Number)) as [Array<number>, Array<number>]
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
