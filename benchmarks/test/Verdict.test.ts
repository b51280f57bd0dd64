import { assert, describe, it } from "@effect/vitest"
import * as Rows from "../plan/Rows.ts"
import { type Mark, verdicts } from "../report/Verdict.ts"

/** Rounds of one value per arm, the server able to drive as much. */
const judge = (
  only: string,
  size: number,
  key: string,
  rounds: Record<string, ReadonlyArray<number>>,
  server = 1e9
) => {
  const row = Rows.choose({ only: [only], sizes: [size] })[0]!
  const turns = new Map(
    Object.entries(rounds).map(([name, values]) => [
      name,
      values.map((value) => ({ values: { [key]: value }, serverRate: server }))
    ])
  )
  const result = { row, turns, failures: new Map() }
  return verdicts(result, result).find(({ metric }) => metric.key === key)!
}

/** Must 5, aim 12. */
const receive = (rounds: Record<string, ReadonlyArray<number>>, server?: number): Mark | undefined =>
  judge("receive text by", 16, "rate", { ws: [1, 1, 1], ...rounds }, server).mark

describe("Verdict", () => {
  it("the lower quartile decides about must, the median about aim", () => {
    assert.strictEqual(receive({ ours: [12, 12, 13], raw: [90, 90, 90] }), "aim")
    assert.strictEqual(receive({ ours: [6, 7, 20], raw: [90, 90, 90] }), "must")
    assert.strictEqual(receive({ ours: [2, 6, 6], raw: [90, 90, 90] }), "below")
  })

  it("ratios are taken round by round", () => {
    const { arms } = judge("receive text by", 16, "rate", { ws: [1, 2, 4], ours: [10, 20, 40] })
    assert.deepStrictEqual(arms.get("ours")!.ratio, { low: 10, median: 10, high: 10 })
  })

  it("within a tenth of the floor counts as met", () => {
    assert.strictEqual(receive({ ours: [2, 2, 2], raw: [2.2, 2.2, 2.2] }), "floor")
    assert.strictEqual(receive({ ours: [2, 2, 2], raw: [2.3, 2.3, 2.3] }), "below")
  })

  it("faster than the floor makes the row void: something disturbed the floor", () => {
    assert.strictEqual(receive({ ours: [20, 20, 20], raw: [19, 19, 19] }), "floor")
    assert.strictEqual(receive({ ours: [20, 20, 20], raw: [15, 15, 15] }), "void")
  })

  it("a server that is hardly faster than the fastest arm makes the row void", () => {
    assert.strictEqual(receive({ ours: [6, 6, 6], raw: [9, 9, 9] }, 7.4), "void")
    assert.strictEqual(receive({ ours: [6, 6, 6], raw: [9, 9, 9] }, 7.6), "must")
  })

  it("an arm at the floor does not ask more of the server", () => {
    assert.strictEqual(receive({ ours: [6, 6, 6], bun: [9, 9, 9], raw: [9, 9, 9] }, 9), "must")
  })

  it("CPU time is compared the other way round, under the same targets", () => {
    const { mark, arms } = judge("receive text by", 16, "cpu", { ws: [2], ours: [0.2], raw: [0.01] })
    assert.strictEqual(arms.get("ours")!.ratio!.median, 10)
    assert.strictEqual(mark, "must")
  })

  it("of times, less is better and the upper quartile decides", () => {
    const echo = (ours: ReadonlyArray<number>) =>
      judge("echo with one", 64, "p50", { ws: [100, 100, 100], ours, raw: [50, 50, 50] }).mark
    assert.strictEqual(echo([99, 100, 101]), "aim")
    assert.strictEqual(echo([105, 105, 105]), "must")
    assert.strictEqual(echo([105, 105, 130]), "below")
  })

  it("the import time is judged by the clock", () => {
    const { mark } = judge("import", 1, "time", { ws: [40], ours: [300], raw: [20] })
    assert.strictEqual(mark, "must")
  })

  it("growth is judged against the same arm's first row", () => {
    const [few, many] = Rows.choose({ only: ["growth: echo"], sizes: [] })
    const result = (row: Rows.Row | undefined, ours: number) => ({
      row: row!,
      turns: new Map([["ours", [{ values: { cpu: ours }, serverRate: 1 }]]]),
      failures: new Map()
    })
    const judged = (ours: number) => verdicts(result(many, ours), result(few, 10))[0]!
    assert.strictEqual(judged(12).arms.get("ours")!.ratio!.median, 1.2)
    assert.strictEqual(judged(12).mark, "must")
    assert.strictEqual(judged(13).mark, "below")
  })

  it("growth that the floor has too, within a tenth, counts as met", () => {
    const [few, many] = Rows.choose({ only: ["growth: echo"], sizes: [] })
    const result = (row: Rows.Row | undefined, values: Record<string, number>) => ({
      row: row!,
      turns: new Map(Object.entries(values).map(([name, cpu]) => [name, [{ values: { cpu }, serverRate: 1 }]])),
      failures: new Map()
    })
    const judged = (ours: number, raw: number) =>
      verdicts(result(many, { ours, raw }), result(few, { ours: 10, raw: 5 }))[0]!.mark
    assert.strictEqual(judged(16, 7.4), "floor")
    assert.strictEqual(judged(16, 7.2), "below")
    assert.strictEqual(judged(16, 10), "floor")
    assert.strictEqual(judged(12, 6), "must")
    assert.strictEqual(judged(12, 20), "must")
    assert.strictEqual(judged(16, 16), "floor")
  })

  it("without targets, or without ours, there is no mark", () => {
    assert.strictEqual(judge("send binary", 16, "rate", { ws: [1], ours: [3], raw: [9] }).mark, undefined)
    assert.strictEqual(receive({ raw: [9, 9, 9] }), undefined)
  })
})
