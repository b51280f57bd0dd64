import { constants, inflateRawSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import * as Compression from "../src/Compression.ts"
import * as Inflate from "../src/Inflate.ts"
import { concat, hex, toHex } from "./hex.ts"
import { Random, seed } from "./random.ts"

describe("Compression.storing", () => {
  for (const [what, payload, stored] of [
    [
      "RFC 7692 §7.2.3.3: a stored block, and one bit pattern that begins the next",
      "48656c6c6f",
      "000500faff48656c6c6f00"
    ],
    ["nothing", "", "000000ffff00"]
  ] as const) {
    it(what, () => assert.strictEqual(toHex(Compression.storing().deflate(hex(payload))), stored))
  }

  it("a part of a message ends with a whole block, the tail of its last one included", () => {
    const deflater = Compression.storing()
    const parts = [deflater.deflate(hex("4865"), false), deflater.deflate(hex("6c6c6f"))]
    assert.deepStrictEqual(parts.map(toHex), ["000200fdff4865", "000300fcff6c6c6f00"])
  })

  it(`is read by zlib and by ours, around the length of a block (seed ${seed})`, () => {
    const deflater = Compression.storing()
    const inflater = Inflate.inflater({ windowBits: 15, contextTakeover: true })
    const random = new Random()
    for (const length of [0, 1, 0xfffe, 0xffff, 0x10000, 2 * 0xffff, 2 * 0xffff + 1, 200_000]) {
      const payload = random.bytes(length)
      const stored = deflater.deflate(payload)
      const whole = inflateRawSync(concat(stored, Compression.tail), { finishFlush: constants.Z_SYNC_FLUSH })
      assert.isTrue(whole.equals(payload), `${length}`)
      const inflated = inflater.inflate(stored, 0, stored.length, true, length)
      assert(inflated instanceof Uint8Array)
      assert.isTrue(whole.equals(inflated), `${length}`)
    }
    deflater.close()
    inflater.close()
  })
})

it("the tail of an empty stored block (RFC 7692 §7.2.1)", () => {
  assert.strictEqual(toHex(Compression.tail), "0000ffff")
})
