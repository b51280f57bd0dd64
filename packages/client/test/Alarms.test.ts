/** Many alarms, set and taken out in any order: the next one is always the earliest. */
import { assert, describe, it } from "@effect/vitest"
import { Alarms, type Timed } from "../src/internal/Alarms.ts"

const alarm = (at: number): Timed => ({ at, index: undefined })

/** All that are set, as they come up. */
const drain = (alarms: Alarms<Timed>): Array<number> => {
  const moments: Array<number> = []
  for (let next = alarms.first; next !== undefined; next = alarms.first) {
    moments.push(next.at)
    alarms.remove(next)
  }
  return moments
}

const ascending = (moments: ReadonlyArray<number>) => moments.toSorted((a, b) => a - b)

describe("Alarms", () => {
  it("come up by their moments, whatever the order they were set in", () => {
    for (let round = 0; round < 100; round++) {
      const moments = Array.from({ length: round }, (_, i) => (i * 7919 + round * 31) % 50)
      const alarms = new Alarms<Timed>()
      for (const moment of moments) alarms.add(alarm(moment))
      assert.deepStrictEqual(drain(alarms), ascending(moments))
    }
  })

  it("one that was removed does not come up, and the others do", () => {
    for (let round = 1; round < 60; round++) {
      const all = Array.from({ length: round }, (_, i) => alarm((i * 7919 + round * 31) % 50))
      const alarms = new Alarms<Timed>()
      for (const one of all) alarms.add(one)
      const out = all.filter((_, i) => i % 3 === round % 3)
      for (const one of out) alarms.remove(one)
      for (const one of out) assert.isUndefined(one.index)
      const left = all.filter((one) => !out.includes(one)).map(({ at }) => at)
      assert.deepStrictEqual(drain(alarms), ascending(left))
    }
  })

  it("removing one that is not set changes nothing", () => {
    const alarms = new Alarms<Timed>()
    const [one, other] = [alarm(1), alarm(2)]
    alarms.add(one)
    alarms.remove(other)
    alarms.remove(one)
    alarms.remove(one)
    assert.isUndefined(alarms.first)
  })
})
