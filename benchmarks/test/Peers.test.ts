import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { everyArm } from "../report/Committed.ts"
import type { Arm, Document, Row } from "../report/Json.ts"
import * as Peers from "../report/Peers.ts"
import { words } from "./words.ts"

const arm = (median: number, value = median): Arm => ({
  values: [value],
  ratio: { low: median, median, high: median },
  atFloor: false
})

const row = (of: Partial<Row>): Row => ({
  workload: "receive text by the array",
  size: 16,
  metric: "rate",
  must: 5,
  serverRate: 1000,
  arms: { ws: arm(1), ours: arm(6), bun: arm(0.9), raw: arm(30) },
  failures: {},
  ...of
})

const run = (rows: ReadonlyArray<Row>): Document => ({
  date: "2026-11-29T10:00:00.000Z",
  command: "npm run bench -- --all --json benchmarks/results/every-arm/1.json",
  machine: {
    processor: "a processor",
    cores: 2,
    platform: "linux",
    versions: { node: "26.10.0", v8: "14.6", bun: "1.4.5" }
  },
  rounds: 7,
  seconds: 0.5,
  rows
})

const lines = (rows: ReadonlyArray<Row>) => Peers.section(run(rows)).split("\n")

describe("Peers", () => {
  it("has a column for each arm but `ws`, and the best client of each size in bold", () => {
    const other = row({ size: 125, arms: { ws: arm(1), ours: arm(0.8), bun: arm(2.5), raw: arm(7) } })
    assert.deepStrictEqual(lines([other, row({})]), [
      "Each client / `ws`: more is better, but for times and memory; one run of 7 rounds on 2026-11-29, a processor, 2 cores, linux, Node 26.10.0, bun 1.4.5, by",
      "`npm run bench -- --all`.",
      "",
      "| workload | what | ours | bun | raw |",
      "| --- | --- | --- | --- | --- |",
      "| receive text by the array, 16 B / 125 B | per second | **6** / 0.8 | 0.9 / **2.5** | 30 / 7 |"
    ])
  })

  it("has no best client in bold where that is `ws`, and none that took no part", () => {
    const memory = { workload: "memory of an idle connection", size: 2000, metric: "resident", serverRate: undefined }
    const arms = { ws: arm(1), ours: arm(4), undici: arm(6), raw: arm(0.9) }
    assert.include(
      lines([row({}), row({ ...memory, arms })]),
      "| memory of an idle connection, 2000 | bytes | 4 | - | 6 | 0.9 |"
    )
  })

  it("says whom the server may have held up", () => {
    const arms = { ws: arm(1, 100), ours: arm(2, 200), bun: arm(9, 900), raw: arm(9.5, 950) }
    assert.include(lines([row({ arms })]).at(-1), "| 2 | **≥ 9** | ≥ 9.5 |")
  })

  it("leaves out what is not judged, what is compared with itself, and all but the first metric", () => {
    const growth = row({ workload: "growth: echo 64 B over many connections", size: 10, metric: "cpu" })
    const unjudged = row({ workload: "send binary each awaited", must: undefined })
    const table = lines([row({}), row({ metric: "cpu" }), growth, unjudged])
    assert.deepStrictEqual(table.slice(5), ["| receive text by the array, 16 B | per second | **6** | 0.9 | 30 |"])
  })

  it("is in docs/performance.md as the committed run has it", () => {
    const page = readFileSync(new URL("../../docs/performance.md", import.meta.url), "utf8")
    const shown = page.slice(page.indexOf(Peers.begin) + Peers.begin.length, page.indexOf(Peers.end))
    assert.deepStrictEqual(words(shown), words(Peers.section(everyArm())))
  })
})
