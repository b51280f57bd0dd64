import { assert, describe, it } from "@effect/vitest"
import * as Casebook from "../casebook/Casebook.ts"

describe("Casebook", () => {
  const cases = Casebook.autobahn()
  const ids = cases.map(({ id }) => id)

  it("has Autobahn's 517 cases in the order of its numbers", () => {
    assert.strictEqual(cases.length, 517)
    assert.strictEqual(new Set(ids).size, 517)
    assert.deepEqual(
      [1, 16, 17, 27, 28, 35, 45, 64, 65, 210, 247, 301, 302, 392, 517].map((number) => ids[number - 1]),
      "1.1.1 1.2.8 2.1 2.11 3.1 4.1.1 5.1 5.20 6.1.1 7.1.1 9.1.1 10.1.1 12.1.1 13.1.1 13.7.18".split(" ")
    )
  })

  it("has as many cases in each section as the original", () => {
    const counts = Object.fromEntries(
      [...Map.groupBy(ids, Casebook.section)].map(([name, group]) => [name, group.length])
    )
    assert.deepEqual(counts, { 1: 16, 2: 11, 3: 7, 4: 10, 5: 20, 6: 145, 7: 37, 9: 54, 10: 1, 12: 90, 13: 126 })
  })

  it("has three cases that nobody can pass", () => {
    const informational = cases.filter((subject) => subject.informational).map(({ id }) => id)
    assert.deepEqual(informational, ["7.1.6", "7.13.1", "7.13.2"])
  })

  it("gives our own chapters ids of their own", () => {
    const own = Casebook.chapters().map(({ id }) => id)
    assert.strictEqual(new Set([...own, ...ids]).size, own.length + ids.length)
    assert.isTrue(own.every((id) => /^[CDFH]\./.test(id)))
  })

  it("selects by id, by section and by glob", () => {
    const select = (...patterns: ReadonlyArray<string>) => Casebook.select(cases, patterns).map(({ id }) => id)
    assert.deepEqual(select("6.4.1"), ["6.4.1"])
    assert.deepEqual(select("2").length, 11)
    assert.deepEqual(select("6.4", "7.1.1"), ["6.4.1", "6.4.2", "6.4.3", "6.4.4", "7.1.1"])
    assert.deepEqual(select("12.*.18"), ["12.1.18", "12.2.18", "12.3.18", "12.4.18", "12.5.18"])
    assert.deepEqual(select("8"), [])
  })
})
