/**
 * The ledger of what a fuzzing server is expected to say (`expected.json`): one verdict for all cases, and the
 * exceptions by id or section. A verdict is worse when it is further from OK than the ledger has it.
 */
import { readFile } from "node:fs/promises"
import { rank } from "../casebook/Verdict.ts"
import type { Verdict } from "./Drive.ts"

export interface Ledger {
  readonly all: Entry
  readonly except: Readonly<Record<string, Entry>>
  /** What else is expected when the client offers no compression. */
  readonly withoutDeflate: Readonly<Record<string, Entry>>
}

export interface Entry {
  readonly behavior: string
  readonly behaviorClose: string
}

/** The ledger that is committed. */
export const read = async (): Promise<Ledger> =>
  JSON.parse(await readFile(new URL("./expected.json", import.meta.url), "utf8"))

/** The verdicts that are worse than expected. */
export const worse = (
  ledger: Ledger,
  verdicts: ReadonlyArray<Verdict>,
  deflate: boolean
): ReadonlyArray<Verdict & { readonly expected: Entry }> =>
  verdicts.flatMap((verdict) => {
    const expected = expectedOf(ledger, verdict.id, deflate)
    const { behavior, behaviorClose } = verdict
    const worseClose = behaviorClose !== undefined && rank(behaviorClose) > rank(expected.behaviorClose)
    return worseClose || rank(behavior) > rank(expected.behavior) ? [{ ...verdict, expected }] : []
  })

/** The nearest entry: the id's, then its sections', then the one for all. */
export const expectedOf = (ledger: Ledger, id: string, deflate: boolean): Entry => {
  const entries = deflate ? ledger.except : { ...ledger.except, ...ledger.withoutDeflate }
  const parts = id.split(".")
  for (let length = parts.length; length > 0; length--) {
    const entry = entries[parts.slice(0, length).join(".")]
    if (entry !== undefined) return entry
  }
  return ledger.all
}
