import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { committed } from "../report/Committed.ts"
import type { Document, Row } from "../report/Json.ts"
import * as Readme from "../report/Readme.ts"
import { words } from "./words.ts"

const summary = (median: number) => ({ low: median, median, high: median })

const row = (size: number, median: number, mark: Row["mark"]): Row => ({
  workload: "receive text by the array",
  size,
  metric: "rate",
  must: 5,
  aim: 12,
  mark,
  arms: { ours: { values: [median], ratio: summary(median), atFloor: false } },
  failures: {}
})

const run = (rows: ReadonlyArray<Row>): Document => ({
  date: "2026-11-25T10:00:00.000Z",
  command: "npm run bench -- --rounds 7 --json benchmarks/results/1.json",
  machine: { processor: "a processor", cores: 2, platform: "linux", versions: { node: "26.10.0", v8: "14.6" } },
  rounds: 7,
  seconds: 0.5,
  rows
})

describe("Readme", () => {
  it("has the median of the runs for each size, and says where a run misses `must`", () => {
    const section = Readme.section([
      run([row(1024, 2, "below"), row(16, 6, "must")]),
      run([row(1024, 5.5, "must"), row(16, 8, "must")]),
      run([row(1024, 7, "must"), row(16, 7.1234, "aim")])
    ])
    assert.deepStrictEqual(section.split("\n"), [
      "Ours / `ws`: more is better, but for times, memory and growth; 3 runs of 7 rounds on 2026-11-25, a processor, 2 cores, linux, Node 26.10.0, by",
      "`npm run bench -- --rounds 7`.",
      "",
      "| workload | what | must | ours / `ws` |",
      "| --- | --- | --- | --- |",
      "| receive text by the array, 16 B / 1 KiB | per second | 5 / 5 | 7.12 / 5.5 (below) |"
    ])
  })

  it("says what is at the floor, and leaves out what has no target", () => {
    const { must, aim, ...untold } = row(125, 1, undefined)
    const section = Readme.section([run([row(16, 4, "floor"), untold])])
    assert.include(section, "| receive text by the array, 16 B | per second | 5 | 4 (floor) |")
    assert.notInclude(section, "125 B")
  })

  it("is in the README as the committed runs have it", () => {
    const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8")
    const shown = readme.slice(readme.indexOf(Readme.begin) + Readme.begin.length, readme.indexOf(Readme.end))
    assert.deepStrictEqual(words(shown), words(Readme.section(committed())))
  })
})
