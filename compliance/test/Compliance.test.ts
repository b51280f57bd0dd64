import { assert, describe, it } from "@effect/vitest"
import { agent } from "../agents/ours.ts"
import * as Casebook from "../casebook/Casebook.ts"
import { run } from "../judge/Run.ts"
import * as Summary from "../judge/Summary.ts"
import { notOk } from "./play.ts"

describe("our client", () => {
  it("passes the quick form of the casebook, every case of it", async () => {
    const cases = Casebook.quick([...Casebook.autobahn(), ...Casebook.chapters()])
    const results = await run({ name: "ours", agent, cases, messages: 5 })
    assert.strictEqual(results.length, cases.length)
    assert.deepEqual(notOk(new Map(results.map((result) => [result.id, Summary.verdict(result)]))), {})
  }, 60_000)
})
