import { assert, describe, it } from "@effect/vitest"
import { type Arm, arms } from "../plan/Arms.ts"
import * as Rows from "../plan/Rows.ts"
import * as Rounds from "../run/Rounds.ts"

const row = Rows.choose({ only: ["receive text by"], sizes: [16] })[0]!
const named = (...names: ReadonlyArray<string>): ReadonlyArray<Arm> =>
  names.map((name) => ({ ...arms[0]!, name, lacks: () => undefined }))

describe("Rounds", () => {
  it("every arm takes its turn in every round, each round one place further on", async () => {
    const order: Array<string> = []
    const { turns } = await Rounds.run(row, named("a", "b", "c"), 3, async ({ name }) => {
      order.push(name)
      return { values: { rate: order.length }, serverRate: 1 }
    })
    assert.strictEqual(order.join(""), "abcbcacab")
    assert.deepStrictEqual(
      turns.get("a")!.map(({ values }) => values.rate),
      [1, 6, 8]
    )
  })

  it("an arm that failed is out, with its reason, and the others go on", async () => {
    let taken = 0
    const { turns, failures } = await Rounds.run(row, named("a", "b"), 3, async ({ name }) => {
      taken += 1
      return name === "b" && taken > 2 ? "the connection was refused" : { values: { rate: 1 }, serverRate: 1 }
    })
    assert.strictEqual(turns.get("a")!.length, 3)
    assert.isFalse(turns.has("b"))
    assert.deepStrictEqual([...failures], [["b", "the connection was refused"]])
  })

  it("an arm that lacks what the workload needs is left out", async () => {
    const [able, unable] = named("a", "b")
    const { turns } = await Rounds.run(row, [able!, { ...unable!, lacks: () => "no" }], 1, async () => ({
      values: {},
      serverRate: 1
    }))
    assert.deepStrictEqual([...turns.keys()], ["a"])
  })
})
