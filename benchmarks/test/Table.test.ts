import { assert, describe, it } from "@effect/vitest"
import * as Rows from "../plan/Rows.ts"
import { svg } from "../report/Chart.ts"
import * as Table from "../report/Table.ts"
import { verdicts } from "../report/Verdict.ts"

const row = Rows.choose({ only: ["receive text by"], sizes: [65536] })[0]!
const turn = (rate: number, cpu: number) => [{ values: { rate, cpu }, serverRate: 1e6 }]
const result = {
  row,
  turns: new Map([
    ["ws", turn(20000, 40)],
    ["raw", turn(80000, 8)],
    ["ours", turn(50000, 20)]
  ]),
  failures: new Map([["undici", "took too long"]])
}
const judged = { result, verdicts: verdicts(result, result) }

describe("Table", () => {
  it("has a line per metric, ours first and the floor last, and names failures", () => {
    assert.deepStrictEqual(Table.format(row.workload, [judged]).split("\n"), [
      "receive text by the array",
      "    size   metric  must   aim    ws     ours      raw  ours, worse quartile  server",
      "  64 KiB       /s  1.50  2.70  20 k  2.50 ±0  4.00 ±0                  2.50   1 M/s  must",
      "          CPU s/M  1.50  2.70    40  2.00 ±0  5.00 ±0                  2.00          must",
      "  undici, 64 KiB: failed: took too long"
    ])
  })

  it.each([
    [12_345_678, "12.3 M"],
    [20_000, "20 k"],
    [7321, "7320"],
    [0.2512, "0.251"]
  ])("writes %d as %s", (number, text) => {
    assert.strictEqual(Table.value(number), text)
  })

  it.each([
    [123.4, "123"],
    [12.34, "12.3"],
    [0.999, "1.00"],
    [0.456, "0.46"],
    [0.0123, "0.01"],
    [0, "0"]
  ])("writes a ratio of %d as %s", (number, text) => {
    assert.strictEqual(Table.ratio(number), text)
  })

  it("a chart has a bar for every arm but the baseline", () => {
    const chart = svg("receive", [judged])
    assert.strictEqual(chart.match(/height="11"/g)?.length, 2)
    assert.include(chart, "receive text by the array, 65536")
  })
})
