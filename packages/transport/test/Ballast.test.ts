import { assert, describe, it } from "@effect/vitest"
import * as Ballast from "../src/internal/Ballast.ts"

describe("Ballast", () => {
  it("makes garbage of half of the bytes, in pieces that begin in the young generation's own pages", () => {
    for (const [bytes, slots] of [
      [0x1000, 0x100],
      [0x20000, 0x2000],
      [0x30000, 0x1000]
    ] as const) {
      Ballast.add(bytes)
      assert.strictEqual(Ballast.last.length, slots)
    }
  })

  it("holds one piece at a time, and none for what is small", () => {
    Ballast.add(0x100)
    const { last } = Ballast
    Ballast.add(0)
    Ballast.add(15)
    assert.strictEqual(Ballast.last, last)
  })
})
