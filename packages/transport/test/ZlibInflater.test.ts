/** Inflating by zlib means the same as core's plain form. */
import * as zlib from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { type Compression, Inflate } from "@effect-websocket/core"
import { Bits, samples } from "../../core/test/deflate.ts"
import { concat, hex } from "../../core/test/hex.ts"
import { inflateAll, inflaterCases } from "../../core/test/inflaterCases.ts"
import { Random, seed } from "../../core/test/random.ts"
import * as ZlibDeflater from "../src/internal/ZlibDeflater.ts"
import * as ZlibInflater from "../src/internal/ZlibInflater.ts"

const same = (a: Uint8Array | string, b: Uint8Array | string) =>
  typeof a === "string" || typeof b === "string" ? a === b : Buffer.from(a).equals(b)

const inflateAs = (options: Compression.InflaterOptions) => ({
  node: ZlibInflater.inflater(options),
  plain: Inflate.inflater(options)
})

describe("ZlibInflater.inflater", () => {
  inflaterCases(ZlibInflater.inflater)

  it("a match beyond the window gives what came, or is corrupt: zlib may still hold the bytes", () => {
    for (const windowBits of [8, 10, 14]) {
      const size = 1 << windowBits
      const message = new Bits()
        .stored(new Uint8Array(size + 1))
        .block(1)
        .match(size + 1)
        .fixed(256)
        .message()
      for (let cut = size; cut < message.length; cut++) {
        const inflater = ZlibInflater.inflater({ windowBits, contextTakeover: false })
        const output = inflateAll(inflater, [message.subarray(0, cut), message.subarray(cut)])
        assert.isTrue(same(output, "Corrupt") || same(output, new Uint8Array(size + 4)))
        inflater.close()
      }
    }
  })

  it(`what is changed, lost or doubled is as corrupt as in the plain form (seed ${seed})`, () => {
    const random = new Random()
    const deflater = ZlibDeflater.deflater({ windowBits: 15, contextTakeover: false, level: 6, memoryLevel: 8 })
    const corrupt = new Set<boolean>()
    for (let round = 0; round < 1500; round++) {
      const data = random.pick(Object.values(samples(random, random.int(random.pick([20, 300, 3000])))))
      const legal = random.chance(4) ? new Bits().stored(data, true).message() : deflater.deflate(data).slice()
      const at = random.int(legal.length + 1)
      const message = random.pick([
        () => legal.map((byte) => (random.chance(legal.length) ? byte ^ (1 << random.int(8)) : byte)),
        () => concat(legal.subarray(0, at), legal.subarray(at + 1 + random.int(4))),
        () => concat(legal.subarray(0, at), legal.subarray(Math.max(0, at - 4))),
        () => concat(legal.subarray(0, at), random.bytes(1 + random.int(6)), legal.subarray(at)),
        () => random.bytes(random.int(40))
      ])()
      const { node, plain } = inflateAs({ windowBits: 15, contextTakeover: random.chance(2) })
      const expected = inflateAll(plain, [message])
      const output = inflateAll(node, [...random.cut(message), hex("")])
      assert.isTrue(same(output, expected), Buffer.from(message).toString("hex"))
      corrupt.add(expected === "Corrupt")
      node.close()
    }
    deflater.close()
    assert.strictEqual(corrupt.size, 2)
  })

  it("a message of nothing but last blocks is refused, one that flushes often is not", () => {
    const message = (blocks: number, bytes: number) => {
      const block = zlib.deflateRawSync(new Uint8Array(bytes).fill(0x61))
      return concat(...Array.from({ length: blocks }, () => block), hex("00"))
    }
    const inflate = (bytes: Uint8Array) =>
      ZlibInflater.inflater({ windowBits: 15, contextTakeover: true }).inflate(bytes, 0, bytes.length, true, 0x100000)
    assert.strictEqual(inflate(message(100_000, 0)), "Corrupt")
    assert.strictEqual(inflate(message(20_000, 16)).length, 320_000)
  })
})
