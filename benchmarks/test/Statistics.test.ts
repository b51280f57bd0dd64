import { assert, describe, it } from "@effect/vitest"
import { median, quantile, summary } from "../report/Statistics.ts"

describe("Statistics", () => {
  it("takes quartiles between the nearest values, in proportion", () => {
    assert.deepStrictEqual(summary([4, 1, 3, 2]), { low: 1.75, median: 2.5, high: 3.25 })
    assert.deepStrictEqual(summary([7, 1, 2, 6, 3, 5, 4]), { low: 2.5, median: 4, high: 5.5 })
  })

  it("answers one value with itself", () => {
    assert.deepStrictEqual(summary([3]), { low: 3, median: 3, high: 3 })
  })

  it("is not moved by one disturbed round", () => {
    assert.strictEqual(median([10, 11, 12, 13, 9000]), 12)
  })

  it("finds percentiles at the ends", () => {
    assert.strictEqual(quantile([1, 2, 3], 0), 1)
    assert.strictEqual(quantile([1, 2, 3], 1), 3)
  })
})
