import { constants, deflateRawSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { largestDistance } from "../casebook/DeflateDistance.ts"
import { hex } from "../casebook/Frame.ts"
import { Generator } from "../casebook/payloads/Generator.ts"

const random = (seed: number, octets: number): Buffer => {
  const generator = new Generator(seed)
  return Buffer.from(Array.from({ length: octets }, () => generator.below(256)))
}

/** The octets of one message: flushed, and without 00 00 ff ff. */
const message = (payload: Buffer, windowBits: number, strategy: number = constants.Z_DEFAULT_STRATEGY): Buffer =>
  deflateRawSync(payload, { windowBits, strategy, finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)

describe("largestDistance", () => {
  const rows: ReadonlyArray<readonly [does: string, octets: string, distance: number]> = [
    ["literals alone (RFC 7692 §7.2.3.1)", "f248cdc9c90700", 0],
    ["a match five octets back (§7.2.3.2)", "f200110000", 5],
    ["a stored block (§7.2.3.3)", "000500faff48656c6c6f00", 0],
    ["a block with BFINAL set (§7.2.3.4)", "f348cdc9c9070000", 0],
    ["two blocks (§7.2.3.5)", "f248050000 00ffff cac9c90700", 0],
    ["an empty message (§7.2.3.6)", "00", 0]
  ]

  for (const [does, octets, distance] of rows) {
    it(`finds ${distance} in ${does}`, () => assert.strictEqual(largestDistance(hex(octets)), distance))
  }

  for (const strategy of [constants.Z_DEFAULT_STRATEGY, constants.Z_FIXED]) {
    it(`finds a repetition at its distance, ${strategy === constants.Z_FIXED ? "fixed" : "dynamic"} codes`, () => {
      for (const distance of [1, 4, 200, 257, 1_000, 5_000, 20_000]) {
        const payload = Buffer.alloc(distance + 300, random(distance, distance))
        assert.strictEqual(largestDistance(message(payload, 15, strategy)), distance)
      }
    })
  }

  it("finds no more than the window that zlib was given", () => {
    const text = Buffer.from(Array.from({ length: 4_000 }, (_, index) => `${index * 7} and ${index % 13}, `).join(""))
    for (const windowBits of [9, 10, 12, 15]) {
      const distance = largestDistance(message(text, windowBits))
      assert.isAtMost(distance, 1 << windowBits)
      assert.isAbove(distance, windowBits === 9 ? 128 : 1 << (windowBits - 1))
    }
  })

  it("refuses what is no DEFLATE", () => {
    assert.throws(() => largestDistance(hex("0700")))
    assert.throws(() => largestDistance(hex("f248cd")))
  })
})
