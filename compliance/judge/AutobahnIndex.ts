/** Verdicts in the format of Autobahn's index.json: agent, case, and what is known of it. */
import type { Result } from "../casebook/Result.ts"
import type { Behavior, BehaviorClose } from "../casebook/Verdict.ts"

export interface Entry {
  readonly behavior: Behavior
  readonly behaviorClose: BehaviorClose
  /** Milliseconds. */
  readonly duration: number
  readonly remoteCloseCode: number | null
  /** Where the case is shown: a place in the HTML page beside the index. */
  readonly reportfile: string
}

export type Index = Readonly<Record<string, Readonly<Record<string, Entry>>>>

export const make = (results: ReadonlyArray<Result>): Index =>
  Object.fromEntries(
    [...Map.groupBy(results, ({ agent }) => agent)].map(([agent, group]) => [
      agent,
      Object.fromEntries(group.map((result) => [result.id, entry(result)]))
    ])
  )

const entry = ({ behavior, behaviorClose, duration, id, remoteCloseCode }: Result): Entry => ({
  behavior,
  behaviorClose,
  duration,
  remoteCloseCode,
  reportfile: `index.html#${id}`
})
