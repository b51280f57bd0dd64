import { assert, describe, it } from "@effect/vitest"
import { FrameDecoder } from "../src/FrameDecoder.ts"
import * as FrameEncoder from "../src/FrameEncoder.ts"
import * as Platform from "../src/Platform.ts"
import { TextRun } from "../src/TextRun.ts"
import { concat, hex } from "./hex.ts"
import { Random, seed } from "./random.ts"

/** Counts what was decoded in which way. */
const counting = () => {
  const calls = { latin1: 0, utf8: 0 }
  const decodeLatin1 = (bytes: Uint8Array, start: number, end: number) => {
    calls.latin1 += 1
    return String.fromCharCode(...bytes.subarray(start, end))
  }
  const decodeUtf8: Platform.Platform["decodeUtf8"] = (...args) => {
    calls.utf8 += 1
    return Platform.pure.decodeUtf8(...args)
  }
  return { calls, run: new TextRun({ ...Platform.pure, decodeUtf8 }, decodeLatin1) }
}

const frame = (payload: Uint8Array) => FrameEncoder.encode({ opcode: 0x1, payload }, Platform.pure.mask)

const encode = (text: string) => new TextEncoder().encode(text)

/** Takes the frames, which begin at any octet of a word. */
const take = (payloads: ReadonlyArray<Uint8Array>, shift = 0) => {
  const { calls, run } = counting()
  const frames = payloads.map(frame)
  const bytes = concat(new Uint8Array(shift), ...frames)
  const decoder = new FrameDecoder({ role: "client", rsv1: false, mask: Platform.pure.mask })
  decoder.push(bytes)
  const texts: Array<string | Uint8Array> = []
  const stopped = run.take(decoder, shift, bytes.length, frames.length, texts)
  return { calls, texts, stopped: stopped - shift, length: bytes.length - shift }
}

describe("TextRun", () => {
  it("ASCII is one string, cut where the headers say", () => {
    const expected = ["hello", "", "world", "\0\x01", "x".repeat(125)]
    for (let shift = 0; shift < 5; shift++) {
      const { calls, length, stopped, texts } = take(expected.map(encode), shift)
      assert.deepStrictEqual(texts, expected)
      assert.strictEqual(stopped, length)
      assert.deepStrictEqual(calls, { latin1: 1, utf8: 0 })
    }
  })

  it("other texts are one string, split between them", () => {
    const expected = ["h\u00e9llo", "", "\u4e16", "\0", "\x01", "\x01\0", "\u{1F30D}", "\ufffd"]
    const { calls, length, stopped, texts } = take(expected.map(encode))
    assert.deepStrictEqual(texts, expected)
    assert.strictEqual(stopped, length)
    assert.deepStrictEqual(calls, { latin1: 0, utf8: 1 })
  })

  it("one by one where a text holds the separator", () => {
    const expected = ["\u00e9", "a\0\x01b", "c"]
    const { calls, texts } = take(expected.map(encode))
    assert.deepStrictEqual(texts, expected)
    assert.strictEqual(calls.utf8, 1 + 3)
  })

  it("stops in front of what is no UTF-8, also where the octets of the next header would complete it", () => {
    // C3 and the 81 of the next header are a character.
    for (const bad of ["c3", "61c3", "80", "f09f8c", "eda080"]) {
      const { stopped, texts } = take([encode("\u00e9"), encode("a"), hex(bad), encode("b")])
      assert.deepStrictEqual(texts, ["\u00e9", "a"], bad)
      assert.strictEqual(stopped, 4 + 3, bad)
    }
  })

  it(`is the plain way, whatever the texts (seed ${seed})`, () => {
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
