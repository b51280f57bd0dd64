/** DEFLATE by zlib means the same as core's plain form, in as little memory as it promises. */
import { createHook } from "node:async_hooks"
import * as zlib from "node:zlib"
import { assert, describe, it, vi } from "@effect/vitest"
import { Compression, Inflate } from "@effect-websocket/core"
import { Bits, samples } from "../../core/test/deflate.ts"
import { concat, hex } from "../../core/test/hex.ts"
import { inflateAll, inflaterCases } from "../../core/test/inflaterCases.ts"
import { Random, seed } from "../../core/test/random.ts"
import * as NodeDeflate from "../src/internal/NodeDeflate.ts"

const same = (a: Uint8Array | string, b: Uint8Array | string) =>
  typeof a === "string" || typeof b === "string" ? a === b : Buffer.from(a).equals(b)

const inflateAs = (options: Compression.InflaterOptions) => ({
  node: NodeDeflate.inflater(options),
  plain: Inflate.inflater(options)
})

describe("NodeDeflate.isAvailable", () => {
  it("this Node has what is undocumented", () => {
    assert.isTrue(NodeDeflate.isAvailable())
  })

  for (const [what, createInflateRaw] of [
    ["is not there", () => ({ close: () => {} })],
    ["does something else", () => Object.assign(zlib.createInflateRaw(), { _writeState: new Uint32Array(2) })]
  ] as const) {
    it(`where it ${what}, the platform has slower forms`, async () => {
      vi.resetModules()
      const builtin = vi.spyOn(process, "getBuiltinModule").mockReturnValue({ ...zlib, createInflateRaw })
      const { isAvailable } = await import("../src/internal/NodeDeflate.ts")
      const { platform } = await import("../src/NodePlatform.ts")
      assert.isFalse(isAvailable())
      builtin.mockRestore()
      const deflater = platform.deflater({ windowBits: 15, contextTakeover: true, level: 6, memoryLevel: 8 })
      const inflater = platform.inflater({ windowBits: 15, contextTakeover: true })
      const message = hex("0102030405060708")
      const alone = deflater.deflate(message)
      assert.deepStrictEqual(inflateAll(inflater, [alone]), message)
      assert.deepStrictEqual(deflater.deflate(message), alone, "takes no context over")
    })
  }
})

describe("NodeDeflate.inflater", () => {
  inflaterCases(NodeDeflate.inflater)

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
        const inflater = NodeDeflate.inflater({ windowBits, contextTakeover: false })
        const output = inflateAll(inflater, [message.subarray(0, cut), message.subarray(cut)])
        assert.isTrue(same(output, "Corrupt") || same(output, new Uint8Array(size + 4)))
        inflater.close()
      }
    }
  })

  it(`what is changed, lost or doubled is as corrupt as in the plain form (seed ${seed})`, () => {
    const random = new Random()
    const deflater = NodeDeflate.deflater({ windowBits: 15, contextTakeover: false, level: 6, memoryLevel: 8 })
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
})

describe("NodeDeflate.deflater", () => {
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
          const deflater = NodeDeflate.deflater({ windowBits, contextTakeover, level, memoryLevel })
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
    const deflater = NodeDeflate.deflater({ windowBits: 15, contextTakeover: false, level: 1, memoryLevel: 8 })
    const inflater = NodeDeflate.inflater({ windowBits: 15, contextTakeover: false })
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
    const deflater = NodeDeflate.deflater({ windowBits: 15, contextTakeover: true, level: 6, memoryLevel: 8 })
    const inflater = Inflate.inflater({ windowBits: 15, contextTakeover: true })
    for (const text of ["", "", "Hello", "", "", "Hello"]) {
      const message = deflater.deflate(Buffer.from(text))
      if (text === "") assert.deepStrictEqual(message, hex("00"))
      assert.strictEqual(Buffer.from(inflateAll(inflater, [message])).toString(), text)
    }
    deflater.close()
  })

  for (const make of [NodeDeflate.deflater, NodeDeflate.oneShotDeflater]) {
    it(`parts of a message are one message, empty ones among them: ${make.name} (seed ${seed})`, () => {
      const random = new Random()
      for (const contextTakeover of [true, false]) {
        const options = { windowBits: 15, contextTakeover, level: 6, memoryLevel: 8 }
        const deflater = make(options)
        const inflater = NodeDeflate.inflater(options)
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
      const deflater = NodeDeflate.deflater({ windowBits: 15, contextTakeover, level: 6, memoryLevel: 8 })
      const [first, second] = [deflater.deflate(text).slice(), deflater.deflate(text).slice()]
      if (contextTakeover) assert.isBelow(second!.length, first!.length / 4)
      else assert.deepStrictEqual(second, first)
      deflater.close()
    }
  })

  it("what it gives is plain DEFLATE that ended nowhere: a stream reads message after message", async () => {
    const deflater = NodeDeflate.deflater({ windowBits: 15, contextTakeover: true, level: 6, memoryLevel: 8 })
    const stream = zlib.createInflateRaw({ finishFlush: zlib.constants.Z_SYNC_FLUSH })
    const texts = ["Hello", "Hello", "", "Hello, Hello"]
    for (const text of texts) stream.write(concat(deflater.deflate(Buffer.from(text)), Compression.tail))
    stream.end()
    const chunks: Array<Buffer> = await stream.toArray()
    assert.strictEqual(Buffer.concat(chunks).toString(), texts.join(""))
    deflater.close()
  })
})

describe("NodeDeflate.oneShotDeflater", () => {
  for (const windowBits of [8, 9, 12, 15]) {
    it(`${windowBits} bits: each message stands alone (seed ${seed})`, () => {
      const random = new Random()
      for (const length of [0, 1, 300, 100_000]) {
        for (const data of Object.values(samples(random, length))) {
          const level = 1 + random.int(9)
          const memoryLevel = 1 + random.int(9)
          const deflater = NodeDeflate.oneShotDeflater({ windowBits, contextTakeover: true, level, memoryLevel })
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

describe("NodeDeflate: native memory", () => {
  /** How many native coders were made and closed. */
  const counting = (run: (count: () => { made: number; closed: number }) => void) => {
    let made = 0
    const closed = new Set<unknown>()
    const hook = createHook({
      init: (_id, type) => {
        if (type === "ZLIB") made += 1
      }
    })
    const spies = [zlib.DeflateRaw, zlib.InflateRaw].map(({ prototype }) => vi.spyOn(prototype, "close"))
    hook.enable()
    try {
      run(() => {
        for (const { mock } of spies) for (const stream of mock.contexts) closed.add(stream)
        for (const stream of closed) assert.isNull((stream as { _handle: unknown })._handle)
        return { made, closed: closed.size }
      })
    } finally {
      hook.disable()
      for (const spy of spies) spy.mockRestore()
    }
  }
  const deflaterOptions = { windowBits: 15, contextTakeover: true, level: 6, memoryLevel: 8 }
  const inflaterOptions = { windowBits: 15, contextTakeover: true }
  const text = new Uint8Array(1000)

  it("is taken with the first message, and given back by close", () => {
    counting((count) => {
      const deflater = NodeDeflate.deflater(deflaterOptions)
      const inflater = NodeDeflate.inflater(inflaterOptions)
      assert.deepStrictEqual(count(), { made: 0, closed: 0 })
      for (let i = 0; i < 3; i++) assert.deepStrictEqual(inflateAll(inflater, [deflater.deflate(text).slice()]), text)
      assert.deepStrictEqual(count(), { made: 2, closed: 0 })
      for (let twice = 0; twice < 2; twice++) {
        deflater.close()
        inflater.close()
        assert.deepStrictEqual(count(), { made: 2, closed: 2 })
      }
    })
  })

  it("is given back by a failure", () => {
    for (const [message, room] of [
      ["0600", 100],
      ["f248cdc9c90700", 4],
      ["f248cdc9c907", 5]
    ] as const) {
      counting((count) => {
        const inflater = NodeDeflate.inflater(inflaterOptions)
        assert.isString(inflateAll(inflater, [hex("000000ffff"), hex(message)], room))
        assert.deepStrictEqual(count(), { made: 1, closed: 1 })
        inflater.close()
        assert.deepStrictEqual(count(), { made: 1, closed: 1 })
      })
    }
  })

  it("is one coder's for a message full of last blocks", () => {
    counting((count) => {
      const blocks = 1_024
      const last = new Bits().block(1, true).fixed(0x61).fixed(256).take()
      const message = concat(...Array.from({ length: blocks }, () => last), hex("00"))
      const inflater = NodeDeflate.inflater(inflaterOptions)
      inflateAll(inflater, [new Bits().stored(new Uint8Array(40_000)).message()])
      const before = process.memoryUsage().external
      const output = inflater.inflate(message, 0, message.length, true, blocks)
      assert.isBelow(process.memoryUsage().external - before, 0x100000)
      assert.isTrue(same(output, new Uint8Array(blocks).fill(0x61)))
      inflater.close()
      assert.deepStrictEqual(count(), { made: 1, closed: 1 })
    })
  })

  it("a message of nothing but last blocks is refused, one that flushes often is not", () => {
    const message = (blocks: number, bytes: number) => {
      const block = zlib.deflateRawSync(new Uint8Array(bytes).fill(0x61))
      return concat(...Array.from({ length: blocks }, () => block), hex("00"))
    }
    const inflate = (bytes: Uint8Array) =>
      NodeDeflate.inflater(inflaterOptions).inflate(bytes, 0, bytes.length, true, 0x100000)
    assert.strictEqual(inflate(message(100_000, 0)), "Corrupt")
    assert.strictEqual(inflate(message(20_000, 16)).length, 320_000)
  })
})
