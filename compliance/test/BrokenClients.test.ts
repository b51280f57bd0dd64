import { assert, beforeAll, describe, it } from "@effect/vitest"
import * as Sample from "../agents/sample/agent.ts"
import { type Flaw, flaws } from "../agents/sample/Flaw.ts"
import type { Case } from "../casebook/Case.ts"
import { all, named, notOk, play, type Verdicts } from "./play.ts"

/** One case or more for each rule that a flaw breaks. */
const probes = named(
  `1.1.2 1.2.2 2.2 2.5 3.1 4.1.1 5.1 5.6 5.9 6.3.1 6.4.4 7.1.4 7.3.3 7.9.2 12.1.4 13.2.11 13.3.11
   F.1.1 F.2.1 F.5.1 F.8.1 H.3.4 H.4.5 H.9.1 D.1.27 D.2.5 C.1.9`.split(/\s+/)
)

/** Whoever writes every frame wrong is failed by the server at the first. */
const everyFrame = {
  ...all("FAILED / UNCLEAN", "1.1.2 1.2.2 2.2 5.6 12.1.4 13.2.11 13.3.11 D.2.5 F.8.1 H.9.1"),
  ...all("OK / FAILED", "2.5 3.1 4.1.1 5.1 5.9 F.5.1"),
  ...all("FAILED", "6.3.1 6.4.4"),
  ...all("OK / UNCLEAN", "7.1.4 7.3.3 C.1.9"),
  ...all("NON-STRICT / FAILED", "F.1.1 F.2.1")
}

const everyClose = all("OK / UNCLEAN", "1.1.2 1.2.2 2.2 5.6 7.1.4 7.3.3 12.1.4 13.2.11 13.3.11 C.1.9 D.2.5 F.8.1 H.9.1")

/** What each broken client fails, and it fails nothing else. */
const failures: Readonly<Record<Exclude<Flaw, "patient">, Readonly<Record<string, string>>>> = {
  unmasked: everyFrame,
  "long-lengths": everyFrame,
  "same-mask": all("FAILED", "F.8.1"),
  "lax-utf8": all("FAILED", "6.3.1 6.4.4"),
  "late-utf8": all("NON-STRICT", "6.4.4"),
  "ignores-rsv": all("FAILED", "3.1"),
  "ignores-opcodes": all("OK / FAILED", "4.1.1"),
  "ignores-masks": all("FAILED", "F.1.1"),
  "ignores-order": all("FAILED", "5.9"),
  "long-control": { "2.5": "OK / FAILED", "5.1": "FAILED" },
  mute: all("FAILED", "2.2 5.6"),
  "late-pong": all("FAILED", "2.2 5.6"),
  truncates: { ...all("FAILED / WRONG CODE", "1.1.2 1.2.2"), ...all("FAILED", "12.1.4 13.2.11 13.3.11 F.8.1") },
  "flips-kind": {
    ...all("FAILED / WRONG CODE", "1.1.2 D.2.5 H.9.1"),
    ...all("FAILED", "5.6 12.1.4 13.2.11 13.3.11 F.1.1 F.2.1")
  },
  "wrong-code": {
    ...all("OK / WRONG CODE", "2.5 3.1 4.1.1 5.1 5.9 6.3.1 6.4.4 F.1.1 F.2.1 F.5.1"),
    "7.9.2": "FAILED / WRONG CODE"
  },
  "any-close-code": { "7.9.2": "FAILED / WRONG CODE" },
  "late-close": everyClose,
  "drops-at-close": everyClose,
  "talks-after-close": all("FAILED", "C.1.9"),
  "wide-window": { "13.3.11": "FAILED / WRONG CODE" },
  "keeps-context": { "13.2.11": "FAILED / WRONG CODE" },
  "forgets-context": all("FAILED", "12.1.4 13.2.11 13.3.11 D.2.5"),
  unbounded: { "F.5.1": "OK / FAILED" },
  "any-answer": {
    ...all("FAILED", "12.1.4 13.2.11 13.3.11 D.2.5"),
    ...all("OK / FAILED", "D.1.27 H.3.4 H.4.5")
  },
  "speaks-early": {
    ...all(
      "FAILED",
      "2.2 2.5 3.1 4.1.1 5.1 5.6 5.9 6.3.1 6.4.4 7.1.4 7.3.3 7.9.2 C.1.9 D.1.27 F.1.1 F.2.1 F.5.1 H.3.4 H.4.5"
    ),
    ...all("FAILED / WRONG CODE", "1.1.2 1.2.2 D.2.5 H.9.1")
  }
}

describe("the judge, judged by clients that are broken in one place", () => {
  let verdicts: Verdicts = new Map()

  beforeAll(async () => {
    const broken = Object.keys(failures).map((flaw) => [flaw, Sample.make(flaw as Flaw)] as const)
    verdicts = await play(new Map([["whole", Sample.make()], ...broken]), probes)
  }, 60_000)

  it("passes the client that is whole", () => {
    assert.deepEqual(notOk(verdicts.get("whole")), {})
  })

  for (const [flaw, expected] of Object.entries(failures)) {
    it(`a client that ${flaws[flaw as Flaw]} fails those cases and no other`, () => {
      assert.deepEqual(notOk(verdicts.get(flaw)), notOk(new Map(Object.entries(expected))))
    })
  }
})

describe("the judge, judged by a client that never lets go", () => {
  /** The judge's twelve seconds, shortened, and so is the patience of the client that is whole. */
  const short = named(["C.3.2", "C.3.3", "H.8.1"]).map((subject): Case => {
    if (subject.hold) return { ...subject, hold: { ...subject.hold, seconds: 2 } }
    return { ...subject, opening: () => [{ wait: 2 }], timer: { kill: 0 } }
  })

  it("fails it, and passes one with a deadline", async () => {
    const agents = new Map([
      ["patient", Sample.make("patient")],
      ["whole", Sample.make(undefined, 500)]
    ])
    const verdicts = await play(agents, short)
    assert.deepEqual(notOk(verdicts.get("whole")), {})
    assert.deepEqual(notOk(verdicts.get("patient")), { "C.3.2": "FAILED", "C.3.3": "FAILED", "H.8.1": "OK / FAILED" })
  }, 30_000)
})

describe("the judge, judged by a client without limits", () => {
  it("fails it where megabytes come, and passes one that has limits", async () => {
    const agents = new Map([
      ["unbounded", Sample.make("unbounded")],
      ["whole", Sample.make()]
    ])
    const verdicts = await play(agents, named(["F.5.1", "F.5.6", "F.5.8", "D.4.3", "D.4.5"]))
    assert.deepEqual(notOk(verdicts.get("whole")), {})
    assert.deepEqual(notOk(verdicts.get("unbounded")), {
      ...all("OK / FAILED", "F.5.1 F.5.6 F.5.8 D.4.5"),
      "D.4.3": "FAILED"
    })
  }, 30_000)
})
