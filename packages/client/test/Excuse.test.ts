import { assert, describe, it } from "@effect/vitest"
import { Excuse } from "../src/internal/Excuse.ts"

const millis = (count: number) => count * 1_000_000

describe("Excuse", () => {
  const rows: ReadonlyArray<readonly [late: number, excused: number]> = [
    [-1, 0],
    [0, 0],
    [10, 0],
    [11, 100],
    [100, 100],
    [101, 101],
    [5000, 5000],
    [5001, 5000],
    [3_600_000, 5000]
  ]
  for (const [late, excused] of rows) {
    it(`late by ${late} ms: ${excused} ms more, when 5 s are excused at most`, () => {
      assert.strictEqual(new Excuse(millis(5000)).take(millis(late), 0), millis(excused))
    })
  }

  it("the limit counts from the first late timer, however many follow", () => {
    const excuse = new Excuse(millis(250))
    const late = (now: number) => excuse.take(millis(now), millis(now - 20)) / millis(1)
    assert.deepStrictEqual([1000, 1120, 1240, 1250, 9000].map(late), [100, 100, 10, 0, 0])
  })
})
