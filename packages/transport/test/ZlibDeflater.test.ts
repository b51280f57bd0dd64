import * as zlib from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Compression, Inflate } from "@effect-websocket/core"
import { samples } from "../../core/test/deflate.ts"
import { concat, hex } from "../../core/test/hex.ts"
import { inflateAll } from "../../core/test/inflaterCases.ts"
import { Random, seed } from "../../core/test/random.ts"
import * as ZlibDeflater from "../src/internal/ZlibDeflater.ts"
import * as ZlibInflater from "../src/internal/ZlibInflater.ts"

const same = (a: Uint8Array | string, b: Uint8Array | string) =>
  typeof a === "string" || typeof b === "string" ? a === b : Buffer.from(a).equals(b)

describe("ZlibDeflater.deflater", () => {
  /** Inflates with zlib, with exactly this window; it must not find anything behind the tail. */
  const inflateWithZlib = (message: Uint8Array, windowBits: number, dictionary: Uint8Array) =>
    zlib.inflateRawSync(concat(message, Compression.tail), {
      windowBits,
      finishFlush: zlib.constants.Z_SYNC_FLUSH,
      ...(dictionary.length > 0 && { dictionary })
    })

  for (const contextTakeover of [true, false]) {
    for (const windowBits of [8, 9, 10, 11, 12, 13, 14, 15]) {
      it(`${windowBits} bits, ${contextTakeover ? "with" : "without"} takeover, every level and memory (seed ${seed})`, () => {
        const random = new Random()
        for (const [level, memoryLevel] of [
          [1, 9],
          [2, 1],
          [3, 8],
          [4, 3],
          [5, 5],
          [6, 8],
          [7, 2],
          [8, 6],
          [9, 4]
        ] as const) {
          const deflater = ZlibDeflater.deflater({ windowBits, contextTakeover, level, memoryLevel })
          const strict = Inflate.inflater({ windowBits, contextTakeover })
          let window: Uint8Array = new Uint8Array(0)
          for (const length of [200, 1 << windowBits, 1, 3000]) {
            for (const data of Object.values(samples(random, length))) {
              const message = deflater.deflate(data).slice()
              assert.isTrue(inflateWithZlib(message, windowBits, window).equals(data))
              // zlib would not notice a match from beyond the window; this one does.
              assert.isTrue(same(inflateAll(strict, [message]), data))
              if (contextTakeover) window = concat(window, data).slice(-(1 << windowBits))
            }
          }
          deflater.close()
        }
      })
    }
  }

  it(`messages of every length around what is compressed in one go, 64 KiB of output (seed ${seed})`, () => {
    const noise = new Random().bytes(200_000)
    const deflater = ZlibDeflater.deflater({ windowBits: 15, contextTakeover: false, level: 1, memoryLevel: 8 })
    const inflater = ZlibInflater.inflater({ windowBits: 15, contextTakeover: false })
    const lengths = [65_530, 131_060, 196_600].flatMap((first) => Array.from({ length: 80 }, (_, i) => first - 70 + i))
    const seen = new Set<number>()
    for (const length of lengths) {
      const data = noise.subarray(0, length)
      const message = deflater.deflate(data).slice()
      seen.add(message.length + Compression.tail.length)
      assert.isTrue(inflateWithZlib(message, 15, hex("")).equals(data), `${length}`)
      assert.isTrue(same(inflateAll(inflater, [message]), data), `${length}`)
    }
    // Where the room ends with the mark of the flush, or inside of it, zlib marks it once more, with five bytes.
    for (const around of [-2, -1, 5, 6]) assert.isTrue(seen.has(0x10000 + around), `${around}`)
    deflater.close()
    inflater.close()
  })

  it("an empty message is one octet, however often (RFC 7692 §7.2.3.6)", () => {
    const deflater = ZlibDeflater.deflater({ windowBits: 15, contextTakeover: true, level: 6, memoryLevel: 8 })
    const inflater = Inflate.inflater({ windowBits: 15, contextTakeover: true })
    for (const text of ["", "", "Hello", "", "", "Hello"]) {
      const message = deflater.deflate(Buffer.from(text))
      if (text === "") assert.deepStrictEqual(message, hex("00"))
      assert.strictEqual(Buffer.from(inflateAll(inflater, [message])).toString(), text)
    }
    deflater.close()
  })

  for (const make of [ZlibDeflater.deflater, ZlibDeflater.oneShotDeflater]) {
    it(`parts of a message are one message, empty ones among them: ${make.name} (seed ${seed})`, () => {
      const random = new Random()
      for (const contextTakeover of [true, false]) {
        const options = { windowBits: 15, contextTakeover, level: 6, memoryLevel: 8 }
        const deflater = make(options)
        const inflater = ZlibInflater.inflater(options)
        for (let round = 0; round < 20; round++) {
          const message = new TextEncoder().encode(`a${random.text(3000)}`)
          const parts = [...random.cut(message), ...(round % 2 === 0 ? [hex("")] : [])]
          const deflated = parts.map((part, i) => deflater.deflate(part, i === parts.length - 1).slice())
          assert.deepStrictEqual(inflateAll(inflater, deflated), message)
        }
        deflater.close()
        inflater.close()
      }
    })
  }

  it("the context makes the same message shorter, and its absence does not", () => {
    const text = Buffer.from("A sentence of some length that does not repeat itself.")
    for (const contextTakeover of [true, false]) {
      const deflater = ZlibDeflater.deflater({ windowBits: 15, contextTakeover, level: 6, memoryLevel: 8 })
      const [first, second] = [deflater.deflate(text).slice(), deflater.deflate(text).slice()]
      if (contextTakeover) assert.isBelow(second!.length, first!.length / 4)
      else assert.deepStrictEqual(second, first)
      deflater.close()
    }
  })

  it("what it gives is plain DEFLATE that ended nowhere: a stream reads message after message", async () => {
    const deflater = ZlibDeflater.deflater({ windowBits: 15, contextTakeover: true, level: 6, memoryLevel: 8 })
    const stream = zlib.createInflateRaw({ finishFlush: zlib.constants.Z_SYNC_FLUSH })
    const texts = ["Hello", "Hello", "", "Hello, Hello"]
    for (const text of texts) stream.write(concat(deflater.deflate(Buffer.from(text)), Compression.tail))
    stream.end()
    const chunks: Array<Buffer> = await stream.toArray()
    assert.strictEqual(Buffer.concat(chunks).toString(), texts.join(""))
    deflater.close()
  })
})

describe("ZlibDeflater.oneShotDeflater", () => {
  for (const windowBits of [8, 9, 12, 15]) {
    it(`${windowBits} bits: each message stands alone (seed ${seed})`, () => {
      const random = new Random()
      for (const length of [0, 1, 300, 100_000]) {
        for (const data of Object.values(samples(random, length))) {
          const level = 1 + random.int(9)
          const memoryLevel = 1 + random.int(9)
          const deflater = ZlibDeflater.oneShotDeflater({ windowBits, contextTakeover: true, level, memoryLevel })
          for (let twice = 0; twice < 2; twice++) {
            const message = deflater.deflate(data)
            assert.isTrue(same(inflateAll(Inflate.inflater({ windowBits, contextTakeover: true }), [message]), data))
          }
          deflater.close()
        }
      }
    })
  }
})
