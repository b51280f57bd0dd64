import { assert, describe, it } from "@effect/vitest"
import * as Inflate from "../src/Inflate.ts"
import { Bits } from "./deflate.ts"
import { hex } from "./hex.ts"
import { inflateAll, inflaterCases } from "./inflaterCases.ts"

describe("Inflate", () => {
  inflaterCases(Inflate.inflater)

  it("a match beyond the window is corrupt within a message too, where zlib does not always see it", () => {
    for (const windowBits of [8, 10, 14]) {
      const size = 1 << windowBits
      const message = (distance: number) =>
        new Bits()
          .stored(new Uint8Array(size + 1))
          .block(1)
          .match(distance)
          .fixed(256)
          .message()
      const inflate = (distance: number) =>
        inflateAll(Inflate.inflater({ windowBits, contextTakeover: false }), [message(distance)])
      assert.deepStrictEqual(inflate(size), new Uint8Array(size + 4))
      assert.strictEqual(inflate(size + 1), "Corrupt")
    }
  })

  it("a message that goes on without giving anything is too big long before its end", () => {
    const inflater = Inflate.inflater({ windowBits: 15, contextTakeover: true })
    const nothing = hex("000000ffff")
    let kept = 0
    while (inflater.inflate(nothing, 0, 5, false, 1000) !== "TooBig") kept += nothing.length
    assert.isAtLeast(kept, 8 * 1000)
    assert.isAtMost(kept, 8 * 1000 + 0x400)
  })
})
