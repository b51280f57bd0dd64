/** Node's functions mean the same as core's plain ones. */
import { assert, describe, it } from "@effect/vitest"
import { HttpHead, Masking, Platform, Utf8 } from "@effect-websocket/core"
import { NodePlatform } from "@effect-websocket/transport"
import { endpointCompression } from "../../core/test/endpointCompression.ts"
import { endpointPairs } from "../../core/test/endpointPairs.ts"
import { endpointReceiver } from "../../core/test/endpointReceiver.ts"
import { pattern } from "./pairs/Pair.ts"

const texts = [
  "",
  "a",
  "Hello, \u{1F30D}!",
  "\uFEFFmark",
  "\0\x7f",
  "\u0080\u07ff\u0800\uffff\u{10000}\u{10ffff}",
  "ascii ".repeat(40),
  "h\u00e9llo w\u00f6rld ".repeat(40),
  `${"a".repeat(63)}\u{1F30D}`,
  "\u4e16\u754c".repeat(200),
  "meant: \ufffd"
]

const malformed = [
  "80",
  "c080",
  "c3",
  "c328",
  "e28228",
  "e282",
  "eda080",
  "edbfbf",
  "f08282ac",
  "f0908d",
  "f4908080",
  "f8888080",
  "fe",
  "ff"
]

describe("NodePlatform", () => {
  it("sha1 of the RFC's example (RFC 6455 §1.3)", () => {
    const key = new TextEncoder().encode("dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
    assert.strictEqual(Buffer.from(NodePlatform.sha1(key)).toString("base64"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    assert.deepStrictEqual(NodePlatform.sha1(key), Platform.pure.sha1(key))
    const text = "dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    assert.strictEqual(NodePlatform.sha1Base64(text), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
  })

  it("base64, of a view as well (RFC 4648 §10)", () => {
    const bytes = new TextEncoder().encode("-foobar")
    const texts = [...bytes.keys()].map((length) => NodePlatform.encodeBase64(bytes.subarray(1, 1 + length)))
    assert.deepStrictEqual(texts, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"])
    const octets = Uint8Array.from({ length: 256 }, (_, octet) => octet)
    assert.strictEqual(NodePlatform.encodeBase64(octets), Buffer.from(octets).toString("base64"))
  })

  it("every octet is one character of latin-1, both ways, as core has it", () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, octet) => octet)
    const text = HttpHead.decode(bytes, 0, 256)
    assert.deepStrictEqual(new Uint8Array(NodePlatform.encodeLatin1(text)), bytes)
    assert.strictEqual(NodePlatform.decodeLatin1(bytes, 0, 256), text)
    assert.strictEqual(NodePlatform.decodeLatin1(bytes, 65, 68), "ABC")
  })

  it("well-formed texts decode, encode and validate, anywhere in their bytes", () => {
    for (const text of texts) {
      const encoded = new TextEncoder().encode(text)
      const bytes = new Uint8Array([0xff, ...encoded, 0xff])
      const end = 1 + encoded.length
      assert.strictEqual(NodePlatform.decodeUtf8(bytes, 1, end), text)
      assert.strictEqual(NodePlatform.utf8Length(text), encoded.length)
      const target = new Uint8Array(encoded.length + 3)
      assert.strictEqual(NodePlatform.encodeUtf8(text, target, 3), encoded.length)
      assert.deepStrictEqual(target.subarray(3), encoded)
    }
  })

  it("lone surrogates become U+FFFD", () => {
    for (const text of ["\ud800", "a\udc00b", "\ud83c\ud83c\udf0d"]) {
      const encoded = new TextEncoder().encode(text)
      const target = new Uint8Array(encoded.length)
      assert.strictEqual(NodePlatform.utf8Length(text), encoded.length)
      assert.strictEqual(NodePlatform.encodeUtf8(text, target, 0), encoded.length)
      assert.deepStrictEqual(target, encoded)
    }
  })

  it("malformed bytes are refused, short or long, alone or in a text", () => {
    for (const hex of malformed) {
      for (const padding of ["", "a".repeat(100), "\u00e9".repeat(100)]) {
        const bytes = new Uint8Array(
          Buffer.concat([Buffer.from(padding), Buffer.from(hex, "hex"), Buffer.from(padding)])
        )
        assert.isUndefined(NodePlatform.decodeUtf8(bytes, 0, bytes.length), hex)
      }
    }
  })

  it("validateUtf8 gives core's state after any cut", () => {
    const samples = [...texts.map((text) => new TextEncoder().encode(text)), ...malformed.map(fromHex)].map(
      (bytes) => new Uint8Array([...bytes, ...new TextEncoder().encode("x\u00e9\u4e16\u{1F30D}".repeat(12)), ...bytes])
    )
    for (const bytes of samples) {
      for (let cut = 0; cut <= bytes.length; cut++) {
        const expected = Utf8.validate(Utf8.accept, bytes, 0, cut)
        const state = NodePlatform.validateUtf8(Utf8.accept, bytes, 0, cut)
        assert.strictEqual(state, expected)
        assert.strictEqual(
          NodePlatform.validateUtf8(state, bytes, cut, bytes.length),
          Utf8.validate(expected, bytes, cut, bytes.length)
        )
      }
    }
  })

  it("mask is core's reference at every length and alignment", () => {
    for (const length of [0, 1, 3, 7, 8, 23, 24, 25, 31, 32, 33, 63, 64, 65, 71, 72, 100, 127, 128, 1000]) {
      for (let offset = 0; offset < 9; offset++) {
        const actual = pattern(length + 20).slice()
        const expected = actual.slice()
        NodePlatform.mask(0x89abcdef, actual, offset, offset + length)
        Masking.reference(0x89abcdef, expected, offset, offset + length)
        assert.deepStrictEqual(actual, expected)
        const view = new Uint8Array(pattern(length + 40).slice().buffer, offset, length + 20)
        const unmasked = view.slice()
        NodePlatform.mask(0x01020304, view, 5, 5 + length)
        Masking.reference(0x01020304, unmasked, 5, 5 + length)
        assert.deepStrictEqual(new Uint8Array(view), unmasked)
      }
    }
  })

  it("mask leaves what lies beside the range, in whichever memory, however often, up to its last byte", () => {
    const memories = [64, 77, 0x20000, 0x20008].map((length) => pattern(length).slice())
    const expected = memories.map((memory) => memory.slice())
    const key = (round: number) => Math.imul(round + 1, 0x9e3779b1) >>> 0
    for (let round = 0; round < 64; round++) {
      for (const [at, memory] of memories.entries()) {
        for (const [start, end] of [
          [round % 9, 33 + (round % 31)],
          [memory.length - 40, memory.length - (round % 9)]
        ] as const) {
          NodePlatform.mask(key(round), memory, start, end)
          Masking.reference(key(round), expected[at]!, start, end)
        }
      }
    }
    assert.deepStrictEqual(memories, expected)
  })

  it("mask follows memory that changes its size", () => {
    const memory = new Uint8Array(new ArrayBuffer(64, { maxByteLength: 256 }))
    const expected = new Uint8Array(256)
    for (const length of [64, 256, 40]) {
      memory.buffer.resize(length)
      NodePlatform.mask(0x01020304, memory, 0, length)
      Masking.reference(0x01020304, expected, 0, length)
      assert.deepStrictEqual([...memory], [...expected.slice(0, length)])
    }
  })

  it("allocates plain arrays, each with memory of its own and no more", () => {
    for (const length of [0, 1, 0xfff, 0x1000, 0x2000, 1_000_000]) {
      const [first, second] = [NodePlatform.allocate(length), NodePlatform.allocate(length)]
      assert.strictEqual(first.constructor, Uint8Array)
      assert.deepStrictEqual([first.length, first.byteOffset, first.buffer.byteLength], [length, 0, length])
      assert.notStrictEqual(first.buffer, second.buffer)
    }
  })

  it("random numbers do not repeat, also past the end of the pool", () => {
    const drawn = Array.from({ length: 5000 }, NodePlatform.randomUint32)
    assert.isTrue(drawn.every((number) => Number.isInteger(number) && number >= 0 && number < 2 ** 32))
    assert.isAbove(new Set(drawn).size, 4990)
  })

  it("random bytes and random numbers come of one pool, and each of it once", () => {
    const drawn: Array<number> = []
    for (let i = 0; i < 2000; i++) {
      const bytes = NodePlatform.randomBytes(16)
      assert.strictEqual(bytes.length, 16)
      drawn.push(...new Uint32Array(bytes.slice().buffer), NodePlatform.randomUint32())
      assert.strictEqual(NodePlatform.randomBytes(i % 16).length, i % 16)
    }
    assert.isAbove(new Set(drawn).size, drawn.length - 10)
  })

  it("as many random bytes as are asked for, also more than the pool holds", () => {
    for (const length of [0x2000, 0x2001, 100_000]) {
      const bytes = NodePlatform.randomBytes(length)
      assert.strictEqual(bytes.length, length)
      assert.isAbove(new Set(bytes.subarray(-1024)).size, 100)
    }
  })
})

describe("NodePlatform: an endpoint", () => {
  endpointReceiver(NodePlatform.platform)
})

describe("NodePlatform: an endpoint with permessage-deflate (RFC 7692)", () => {
  endpointCompression(NodePlatform.platform)
  endpointPairs(NodePlatform.platform)
})

const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"))
