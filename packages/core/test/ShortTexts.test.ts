import { assert, describe, it } from "@effect/vitest"
import * as FrameEncoder from "../src/FrameEncoder.ts"
import * as Latin1 from "../src/Latin1.ts"
import * as Platform from "../src/Platform.ts"
import { ShortTexts } from "../src/ShortTexts.ts"
import { concat, hex } from "./hex.ts"
import { Random, seed } from "./random.ts"

const frame = (payload: Uint8Array) => FrameEncoder.encode({ opcode: 0x1, payload }, Platform.pure.mask)

const encode = (text: string) => new TextEncoder().encode(text)

/** Counts how often bytes became text. */
const counting = () => {
  const decoded = { latin1: 0, utf8: 0 }
  const platform: Platform.Platform = {
    ...Platform.pure,
    decodeLatin1: (...args) => {
      decoded.latin1 += 1
      return Latin1.decode(...args)
    },
    decodeUtf8: (...args) => {
      decoded.utf8 += 1
      return Platform.pure.decodeUtf8(...args)
    }
  }
  return { decoded, run: new ShortTexts(platform) }
}

/** Takes the frames, which need not begin their read. */
const take = (payloads: ReadonlyArray<Uint8Array>, before = 0, { decoded, run } = counting()) => {
  const frames = payloads.map(frame)
  const bytes = concat(new Uint8Array(before), ...frames)
  const texts: Array<string | Uint8Array> = ["before"]
  const end = run.take(bytes, before, bytes.length, frames.length, texts)
  return { decoded: { ...decoded }, texts: texts.slice(1), stopped: end - before, length: bytes.length - before }
}

describe("ShortTexts", () => {
  it("ASCII is one string, cut where the headers say", () => {
    const expected = ["hello", "", "world", "\0\x01", "x".repeat(125)]
    for (const before of [0, 3]) {
      const { decoded, length, stopped, texts } = take(expected.map(encode), before)
      assert.deepStrictEqual(texts, expected)
      assert.deepStrictEqual([stopped, decoded], [length, { latin1: 1, utf8: 0 }])
    }
  })

  it("ASCII of several runs is a string for each", () => {
    const expected = Array.from({ length: 100 }, (_, index) => "x".repeat(index))
    const { decoded, texts } = take(expected.map(encode))
    assert.deepStrictEqual(texts, expected)
    assert.deepStrictEqual(decoded, { latin1: 6, utf8: 0 })
  })

  it("other texts are one string, split between them", () => {
    const expected = ["", "h\u00e9llo", "", "\u4e16", "\0", "\x01", "\x01\0", "\u{1F30D}", "\ufffd", ""]
    for (const before of [0, 3]) {
      const { decoded, length, stopped, texts } = take(expected.map(encode), before)
      assert.deepStrictEqual(texts, expected)
      assert.deepStrictEqual([stopped, decoded], [length, { latin1: 1, utf8: 1 }])
    }
  })

  it("other texts of several runs are split for each, and one that is left alone is decoded where it lies", () => {
    // 24 frames of 42 octets fit into a run.
    const expected = Array.from({ length: 24 + 24 + 1 }, (_, index) =>
      `${index % 10}`.padEnd(20, "\u00e9").padEnd(21, "x")
    )
    const { decoded, texts } = take(expected.map(encode))
    assert.deepStrictEqual(texts, expected)
    assert.deepStrictEqual(decoded, { latin1: 1, utf8: 2 + 1 })
  })

  it("after other texts ASCII is looked for again once there was some", () => {
    const counted = counting()
    const latin1 = [
      ["\u00e9", "a"],
      ["a", "b"],
      ["a", "b"],
      ["\u00e9", "a"],
      ["\u00e9", "a"]
    ].map((texts) => take(texts.map(encode), 0, counted).decoded.latin1)
    assert.deepStrictEqual(latin1, [1, 1, 2, 3, 3])
  })

  it("texts are decoded one by one if one of them holds the separator", () => {
    const expected = ["\u00e9", "a\0\x01b", "c"]
    const { decoded, texts } = take(expected.map(encode))
    assert.deepStrictEqual(texts, expected)
    assert.deepStrictEqual(decoded, { latin1: 1, utf8: 1 + 3 })
  })

  it("a run may fill its memory to the last octet", () => {
    const expected = Array.from({ length: 8 }, () => "\u00e9".repeat(62))
    assert.deepStrictEqual(take([...expected.map(encode), new Uint8Array(14)]).texts, [...expected, "\0".repeat(14)])
  })

  it("stops in front of what is no UTF-8, also where the octets of the next header would complete it", () => {
    // C3 and the 81 of the next header are a character.
    for (const bad of ["c3", "61c3", "80", "f09f8c", "eda080"]) {
      const { stopped, texts } = take([encode("\u00e9"), encode("a"), hex(bad), encode("b")])
      assert.deepStrictEqual(texts, ["\u00e9", "a"], bad)
      assert.strictEqual(stopped, 4 + 3, bad)
    }
  })

  it(`gives the same as decoding one by one, whatever the texts (seed ${seed})`, () => {
    const random = new Random()
    for (let round = 0; round < 300; round++) {
      const payloads = Array.from({ length: 1 + random.int(8) }, () => {
        const text = random.pick(["x", "\0\x01", "", random.text(1 + random.int(24))])
        return random.chance(20) ? random.bytes(random.int(100)) : encode(text)
      })
      const decoded = payloads.map((payload) => Platform.pure.decodeUtf8(payload, 0, payload.length))
      const bad = decoded.indexOf(undefined)
      const expected = (bad < 0 ? decoded : decoded.slice(0, bad)) as Array<string>
      const { stopped, texts } = take(payloads, random.int(4))
      assert.deepStrictEqual(texts, expected)
      assert.strictEqual(stopped, concat(...payloads.slice(0, expected.length).map(frame)).length)
    }
  })
})
