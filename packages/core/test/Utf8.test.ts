import { isUtf8 } from "node:buffer"
import { assert, describe, it } from "@effect/vitest"
import * as Utf8 from "../src/Utf8.ts"
import { concat, hex, toHex } from "./hex.ts"
import { Random, seed } from "./random.ts"

const validate = (bytes: Uint8Array) => Utf8.validate(Utf8.accept, bytes, 0, bytes.length)
const ofNode = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

describe("Utf8: the validator", () => {
  // clause, bytes, how many of them prove the mistake (undefined: none does, a continuation may follow)
  const table: ReadonlyArray<readonly [rule: string, bytes: string, provenAt: number | undefined]> = [
    ["a lone continuation byte", "80", 1],
    ["an overlong two-byte form", "c0 80", 1],
    ["an overlong two-byte form", "c1 bf", 1],
    ["an overlong three-byte form", "e0 9f bf", 2],
    ["the least three-byte form", "e0 a0 80", undefined],
    ["the last code point before the surrogates", "ed 9f bf", undefined],
    ["the first surrogate", "ed a0 80", 2],
    ["the last surrogate", "ed bf bf", 2],
    ["the first code point after the surrogates", "ee 80 80", undefined],
    ["an overlong four-byte form", "f0 8f bf bf", 2],
    ["the least four-byte form", "f0 90 80 80", undefined],
    ["U+10FFFF", "f4 8f bf bf", undefined],
    ["one above U+10FFFF", "f4 90 80 80", 2],
    ["a lead byte of no code point", "f5 80 80 80", 1],
    ["0xFF", "ff", 1],
    ["a lead byte inside a code point", "e2 82 c3", 3],
    ["an ASCII byte inside a code point", "f0 9f 98 41", 4],
    ["ASCII before the mistake", "48 65 6c 6c 6f f8", 6]
  ]
  for (const [rule, bytes, provenAt] of table) {
    it(`RFC 3629 §4: ${rule} (${bytes})`, () => {
      const input = hex(bytes)
      const rejectedAt = Array.from(input.keys(), (i) => validate(input.subarray(0, i + 1))).indexOf(Utf8.reject)
      assert.strictEqual(rejectedAt, provenAt === undefined ? -1 : provenAt - 1)
    })
  }

  it("accepts what Node accepts: every sequence of one and two bytes, and of three with a lead above ASCII", () => {
    const bytes = new Uint8Array(3)
    const one = bytes.subarray(0, 1)
    const two = bytes.subarray(0, 2)
    for (let a = 0; a < 0x100; a++) {
      bytes[0] = a
      if ((validate(one) === Utf8.accept) !== isUtf8(one)) assert.fail(toHex(one))
      for (let b = 0; b < 0x100; b++) {
        bytes[1] = b
        if ((validate(two) === Utf8.accept) !== isUtf8(two)) assert.fail(toHex(two))
        for (let c = 0; a >= 0x80 && c < 0x100; c++) {
          bytes[2] = c
          if ((validate(bytes) === Utf8.accept) !== isUtf8(bytes)) assert.fail(toHex(bytes))
        }
      }
    }
  })

  it("accepts what Node accepts: four bytes at every boundary", () => {
    const edges = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xff]
    for (let lead = 0xef; lead <= 0xff; lead++) {
      for (const b of edges) {
        for (const c of edges) {
          for (const d of edges) {
            const bytes = Uint8Array.of(lead, b, c, d)
            assert.strictEqual(validate(bytes) === Utf8.accept, isUtf8(bytes), toHex(bytes))
          }
        }
      }
    }
  })

  it("rejects at the first byte after which nothing could make it right: every prefix of up to two bytes", () => {
    const ends = ["", "80", "a0", "8080", "a080", "9080", "808080", "908080"].map(hex)
    const canContinue = (prefix: Uint8Array) => ends.some((end) => isUtf8(concat(prefix, end)))
    for (let a = 0; a < 0x100; a++) {
      assert.strictEqual(validate(Uint8Array.of(a)) !== Utf8.reject, canContinue(Uint8Array.of(a)))
      for (let b = 0; b < 0x100; b++) {
        const prefix = Uint8Array.of(a, b)
        if ((validate(prefix) !== Utf8.reject) !== canContinue(prefix)) assert.fail(toHex(prefix))
      }
    }
  })

  it("step takes one byte as validate does, from every state", () => {
    for (let state = 0; state <= 8; state++) {
      for (let byte = 0; byte < 0x100; byte++) {
        assert.strictEqual(Utf8.step(state, byte), Utf8.validate(state, Uint8Array.of(byte), 0, 1))
      }
    }
  })

  it("nothing leads out of reject", () => {
    for (let byte = 0; byte < 0x100; byte++) assert.strictEqual(Utf8.step(Utf8.reject, byte), Utf8.reject)
    assert.strictEqual(Utf8.validate(Utf8.reject, hex("41"), 0, 1), Utf8.reject)
    assert.strictEqual(Utf8.validate(Utf8.reject, hex(""), 0, 0), Utf8.reject)
  })

  it("a code point that a cut broke is found from both sides", () => {
    const bytes = new Uint8Array(Buffer.from("a\u00e9\u20ac\u{1f600}b"))
    const boundaries = [0, 1, 3, 6, 10, 11]
    for (let cut = 0; cut <= bytes.length; cut++) {
      const before = Utf8.validate(Utf8.accept, bytes, 0, cut)
      const after = boundaries.find((boundary) => boundary >= cut)
      assert.strictEqual(Utf8.boundaryAfter(before, bytes, cut), after, `after ${cut}`)
      const last = Utf8.lastBoundary(bytes, 0, cut)
      assert.isTrue(last <= cut && cut - last <= 3 && boundaries.includes(last), `before ${cut}`)
    }
  })

  it("a code point is looked for no further than it can reach", () => {
    assert.strictEqual(Utf8.boundaryAfter(validate(hex("e2")), hex("41"), 0), 1)
    assert.strictEqual(Utf8.lastBoundary(hex("808080"), 0, 3), 3)
    assert.strictEqual(Utf8.lastBoundary(hex("f080808080"), 0, 5), 5)
    assert.strictEqual(Utf8.lastBoundary(hex("c380"), 1, 2), 2)
  })

  it(`stops and resumes at every byte, right or wrong (seed ${seed})`, () => {
    const random = new Random()
    for (let round = 0; round < 300; round++) {
      const bytes = new Uint8Array(Buffer.from(random.text(20)))
      if (random.chance(2)) bytes[random.int(bytes.length)] = random.int(0x100)
      const state = validate(bytes)
      assert.strictEqual(state === Utf8.accept, isUtf8(bytes), toHex(bytes))
      for (let cut = 0; cut <= bytes.length; cut++) {
        const before = Utf8.validate(Utf8.accept, bytes, 0, cut)
        assert.strictEqual(Utf8.validate(before, bytes, cut, bytes.length), state)
      }
    }
  })
})

describe("Utf8: the encoder and decoder", () => {
  it("every code point there and back, as Node writes it", () => {
    const encoder = new TextEncoder()
    const target = new Uint8Array(4)
    for (let codePoint = 0; codePoint <= 0x10ffff; codePoint++) {
      if (codePoint === 0xd800) codePoint = 0xe000
      const text = String.fromCodePoint(codePoint)
      const length = Utf8.encode(text, target, 0)
      if (length !== Utf8.byteLength(text) || Utf8.decode(target, 0, length) !== text) assert.fail(`${codePoint}`)
      if (codePoint % 0x1f === 0) assert.deepStrictEqual(target.slice(0, length), encoder.encode(text))
    }
  })

  it(`texts longer than one call takes, at any offset, as Node has them (seed ${seed})`, () => {
    const random = new Random()
    for (const length of [0, 1, 0xfff, 0x1000, 0x1001, 0x2000, 10_000]) {
      const text = random.text(length)
      const bytes = new Uint8Array(3 + Utf8.byteLength(text))
      assert.strictEqual(Utf8.encode(text, bytes, 3), bytes.length - 3)
      assert.deepStrictEqual(bytes.slice(3), new TextEncoder().encode(text))
      assert.strictEqual(Utf8.decode(bytes, 3, bytes.length), text)
      assert.strictEqual(Utf8.decode(bytes, 3, bytes.length), ofNode.decode(bytes.subarray(3)))
    }
  })

  it("a byte order mark is text", () => {
    assert.strictEqual(Utf8.decode(hex("efbbbf 41"), 0, 4), "\ufeffA")
  })

  it("bytes that are not UTF-8, or end inside a code point, have no text", () => {
    for (const bytes of ["ff", "41 80", "e2 82", "f0 9f 98"]) {
      const input = hex(bytes)
      assert.isUndefined(Utf8.decode(input, 0, input.length))
    }
  })

  it("a lone surrogate counts and is written as U+FFFD", () => {
    const target = new Uint8Array(3)
    assert.strictEqual(Utf8.byteLength("\ud800"), 3)
    assert.strictEqual(Utf8.encode("\ud800", target, 0), 3)
    assert.strictEqual(toHex(target), "efbfbd")
  })
})
