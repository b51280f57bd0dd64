/** All cases in order: Autobahn's 517, then our own chapters; and how a selection of them is named. */
import type { Case } from "./Case.ts"
import { closings } from "./chapters/Closings.ts"
import { deflateAnswers } from "./chapters/DeflateAnswers.ts"
import { deflateMessages } from "./chapters/DeflateMessages.ts"
import { frames } from "./chapters/Frames.ts"
import { openingAnswers } from "./chapters/OpeningAnswers.ts"
import { openingHeads } from "./chapters/OpeningHeads.ts"
import { sizes } from "./chapters/Sizes.ts"
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

/** Our own chapters: opening handshake (H), frames (F), permessage-deflate (D) and endings (C). */
export const chapters = (): ReadonlyArray<Case> => [
  ...openingAnswers(),
  ...openingHeads(),
  ...[...frames(), ...sizes()].sort(byId),
  ...deflateAnswers(),
  ...deflateMessages(),
  ...closings()
]

/** The cases that one of the patterns names: an id, a section (`6`, `6.4`), or a glob such as `6.*.1`. */
export const select = (cases: ReadonlyArray<Case>, patterns: ReadonlyArray<string>): ReadonlyArray<Case> => {
  const expressions = patterns.map((pattern) => {
    const expression = pattern.replaceAll(".", "\\.").replaceAll("*", ".*")
    return new RegExp(`^${expression}(\\..*)?$`)
  })
  return cases.filter(({ id }) => expressions.some((expression) => expression.test(id)))
}

/** A sample for every day: all sections, without what takes seconds, and a few of the large. */
export const quick = (cases: ReadonlyArray<Case>): ReadonlyArray<Case> =>
  cases.filter((subject) => {
    if (subject.slow || subject.heavy) return false
    return subject.exchange === undefined || quickExchanges.some((expression) => expression.test(subject.id))
  })

export const title = (section: string): string => titles[section] ?? ""

export const section = (id: string): string => id.split(".")[0]!

const byId = (left: Case, right: Case): number => {
  const [a, b] = [left, right].map(({ id }) => id.split(".").map((part) => Number(part) || 0)) as [
    Array<number>,
    Array<number>
  ]
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

const quickExchanges = [/^9\.[1-4]\.1$/, /^1[23]\.\d\.(4|11)$/, /^[A-Z]\./]

const titles: Readonly<Record<string, string>> = {
  1: "Framing",
  2: "Pings and Pongs",
  3: "Reserved bits",
  4: "Opcodes",
  5: "Fragmentation",
  6: "UTF-8",
  7: "Close handling",
  9: "Limits and performance",
  10: "Miscellaneous",
  12: "permessage-deflate, payloads",
  13: "permessage-deflate, parameters",
  H: "Opening handshake",
  F: "Frames and their sizes",
  D: "permessage-deflate, every answer",
  C: "Endings"
}
