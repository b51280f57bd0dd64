import { assert, describe, it } from "@effect/vitest"
import { messages } from "../Payloads.ts"
import * as Rows from "../plan/Rows.ts"

describe("Rows", () => {
  it("chooses by group, by the beginning of a name, and by size", () => {
    const rows = Rows.choose({ only: ["echo", "send binary"], sizes: [64, 1024] })
    assert.deepStrictEqual(
      rows.map(({ workload, size }) => `${workload.name} ${size}`),
      ["send binary each awaited 1024", "echo with one outstanding 64", "echo with 64 outstanding 64"]
    )
  })

  it("chooses everything when nothing is named", () => {
    assert.isAbove(Rows.choose({ only: [], sizes: [] }).length, 40)
  })

  it("sizes do not choose among workloads that are not measured by size", () => {
    assert.deepStrictEqual(
      Rows.choose({ only: ["idle"], sizes: [16] }).map(({ size }) => size),
      [2000, 2000, 2000]
    )
  })

  it("a unit is made of whole series", () => {
    for (const row of Rows.choose({ only: ["receive", "send", "deflate", "growth: receive"], sizes: [] })) {
      const series = messages(row.workload.payload!, Rows.wire(row).size)
      assert.strictEqual(row.unit % series.length, 0, `${row.workload.name} ${row.size}`)
    }
  })

  it("the quick choice has receive, send and echo", () => {
    const groups = Rows.quick().map(({ workload }) => workload.group)
    assert.deepStrictEqual([...new Set(groups)], ["receive", "send", "echo"])
    assert.strictEqual(groups.length, 8)
  })
})
