import { assert, describe, it } from "@effect/vitest"
import type { Inflater } from "../src/Compression.ts"
import { bytesFragments, type Fragment, fragments } from "../src/FragmentAssembler.ts"
import * as FrameEncoder from "../src/FrameEncoder.ts"
import * as Limits from "../src/Limits.ts"
import * as Platform from "../src/Platform.ts"
import * as ProtocolViolation from "../src/ProtocolViolation.ts"
import { assembled } from "./assembled.ts"
import { concat, hex } from "./hex.ts"
import { Random, seed } from "./random.ts"
import { byteByByte, replay } from "./replay.ts"

const make = (options: { limits?: Partial<Limits.Limits>; inflater?: Inflater } = {}) =>
  fragments.make(Platform.pure, { ...Limits.defaults, ...options.limits }, options.inflater)

const frame = (opcode: 0x0 | 0x1 | 0x2, payload: Uint8Array, fin: boolean, rsv1 = false) =>
  FrameEncoder.encode({ opcode, payload, fin, rsv1 }, Platform.pure.mask)

const text = (data: string, last: boolean) => ({ kind: "text", data, last }) as const
const binary = (data: string, last: boolean) => ({ kind: "binary", data: hex(data), last }) as const

describe("FragmentAssembler: what the frames of one read become", () => {
  const table: ReadonlyArray<readonly [what: string, wire: string, given: ReadonlyArray<object>]> = [
    ["whole messages", "810161 820262ff", [text("a", true), binary("62ff", true)]],
    [
      "fragments, the first included",
      "020101 000102 800103",
      [binary("01", false), binary("02", false), binary("03", true)]
    ],
    ["empty messages", "8100 8200", [text("", true), binary("", true)]],
    ["empty fragments", "0100 000161 8000", [text("", false), text("a", false), text("", true)]],
    ["a character in two fragments", "010261c3 8002bc62", [text("a", false), text("üb", true)]]
  ]
  for (const [what, wire, given] of table) {
    it(what, () => assert.deepStrictEqual<unknown>(assembled(make(), [hex(wire)]).given, given))
  }

  it("a fragment comes as its reads do, and what brings nothing is not told", () => {
    const chunks = [hex("0204"), hex("0102"), hex("03"), hex("04 8100"), hex("")]
    const given = assembled(make(), chunks.slice(0, 3)).given
    assert.deepStrictEqual<unknown>(given, [binary("0102", false), binary("03", false)])
  })

  it("a text as the bytes that came, not checked", () => {
    const given = assembled(bytesFragments.make(Platform.pure, Limits.defaults, undefined), [
      hex("010261c3 8001ff")
    ]).given
    assert.deepStrictEqual<unknown>(given, [
      { kind: "text", data: hex("61c3"), last: false },
      { kind: "text", data: hex("ff"), last: true }
    ])
  })

  it("counts bytes, or UTF-16 units of text", () => {
    assert.strictEqual(fragments.sizeOf(text("ü", true) as Fragment), 1)
    assert.strictEqual(bytesFragments.sizeOf(binary("c3bc", true)), 2)
  })

  it("bytes are a plain array of their own, also when the read is a Node Buffer", () => {
    const read = Buffer.from(hex("8203010203"))
    const [fragment] = assembled(make(), [read]).given as Array<unknown> as [{ readonly data: Uint8Array }]
    read.fill(0xee)
    assert.strictEqual(fragment.data.constructor, Uint8Array)
    assert.deepStrictEqual([fragment.data, fragment.data.buffer.byteLength], [hex("010203"), 3])
  })

  it(`all fragments together are the message, wherever it was cut (seed ${seed})`, () => {
    const random = new Random()
    for (let round = 0; round < 200; round++) {
      const message = random.text(300)
      const parts = [...random.cut(new TextEncoder().encode(message)), hex("")]
      const frames = parts.map((part, i) => frame(i === 0 ? 0x1 : 0x0, part, i === parts.length - 1))
      const { given } = assembled(make(), random.cut(concat(...frames)))
      const fragments = given as Array<{ readonly data: string; readonly last: boolean }>
      assert.strictEqual(fragments.map(({ data }) => data).join(""), message)
      assert.deepStrictEqual(
        fragments.map(({ last }) => last),
        [...Array.from(fragments.slice(1), () => false), true]
      )
    }
  })
})

describe("FragmentAssembler: what fails", () => {
  for (const [what, wire, provenAt] of [
    ["in the first fragment", "010361ff61", 4],
    ["in a later one", "0101c3 8002bcff", 7],
    ["at the end", "010161 8001c3", 6]
  ] as const) {
    it(`text that is not UTF-8, ${what}: proven after ${provenAt} bytes`, () => {
      replay(hex(wire), (chunks) => {
        assert.strictEqual(assembled(make(), chunks).given.at(-1), ProtocolViolation.all.InvalidUtf8)
      })
      assert.strictEqual(assembled(make(), byteByByte(hex(wire))).failedAt, provenAt)
    })
  }

  it("a message that passes a limit, at the header that says so; the next one starts over", () => {
    const limits = { maxMessageBytes: 4, maxFrameBytes: 4, maxFragments: 3 }
    assert.lengthOf(assembled(make({ limits }), [hex("02020102 80020304 820401020304")]).given, 3)
    const { failedAt, given } = assembled(make({ limits }), byteByByte(hex("02020102 8003")))
    assert.deepStrictEqual(given.at(-1), Limits.tooBig("maxMessageBytes", 4, 5))
    assert.strictEqual(failedAt, 6)
  })

  it("unlimited has no end, not even the platform's", () => {
    const limits = { maxMessageBytes: Infinity, maxFrameBytes: Infinity }
    const header = hex("827f 001fffffffffffff 61")
    assert.deepStrictEqual<unknown>(assembled(make({ limits }), [header]).given, [binary("61", false)])
  })
})

describe("FragmentAssembler: compressed messages", () => {
  const repeating = (times: number) => {
    const ranges: Array<number> = []
    const inflate: Inflater["inflate"] = (bytes, start, end, _last, room) => {
      ranges.push(end - start)
      const output = new Uint8Array((end - start) * times).fill(bytes[start] ?? 0)
      return output.length > room ? "TooBig" : output
    }
    return { ranges, inflater: { inflate, close: () => {} } }
  }

  it("are given inflated, and what brings nothing yet is not told", () => {
    const { inflater } = repeating(2)
    const { given } = assembled(make({ inflater }), [hex("4102 61"), hex("61 8001 62")])
    assert.deepStrictEqual<unknown>(given, [text("aa", false), text("aa", false), text("bb", true)])
    const nothing = repeating(0)
    assert.deepStrictEqual<unknown>(assembled(make(nothing), [hex("c202 61"), hex("61")]).given, [binary("", true)])
  })

  it("come in parts, so that one read cannot become more than 1 MiB at once", () => {
    const { inflater, ranges } = repeating(1032)
    const limits = { maxMessageBytes: Infinity, maxFrameBytes: Infinity }
    const { given } = assembled(make({ inflater, limits }), [frame(0x2, new Uint8Array(3000), true, true)])
    assert.deepStrictEqual(ranges, [1016, 1016, 968])
    const fragments = given as Array<{ readonly data: Uint8Array; readonly last: boolean }>
    assert.deepStrictEqual(
      fragments.map(({ data, last }) => [data.length <= 0x100000, last]),
      [
        [true, false],
        [true, false],
        [true, true]
      ]
    )
  })

  it("what they become counts, over all fragments", () => {
    const { inflater } = repeating(10)
    const { given } = assembled(make({ inflater, limits: { maxMessageBytes: 30 } }), [hex("420101 000101 80020101")])
    assert.deepStrictEqual(given.at(-1), Limits.tooBig("maxMessageBytes", 30, 31))
    assert.lengthOf(given, 3)
  })
})
