import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { sha1 } from "../src/Sha1.ts"
import { toHex } from "./hex.ts"
import { Random, seed } from "./random.ts"

const ascii = (text: string) => new Uint8Array(Buffer.from(text, "latin1"))
const ofNode = (bytes: Uint8Array) => createHash("sha1").update(bytes).digest("hex")

describe("Sha1", () => {
  for (const [text, digest] of [
    ["abc", "a9993e364706816aba3e25717850c26c9cd0d89d"], // RFC 3174 §7.3, TEST1
    ["abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"], // TEST2
    ["a".repeat(1_000_000), "34aa973cd4c4daa4f61eeb2bdbad27316534016f"], // TEST3
    ["01234567".repeat(80), "dea356a2cddd90c7a7ecedc5ebb563934f460452"] // TEST4
  ] as const) {
    it(`RFC 3174 §7.3: ${text.length} bytes`, () => assert.strictEqual(toHex(sha1(ascii(text))), digest))
  }

  it("RFC 6455 §1.3: the key of the example handshake", () => {
    const accept = sha1(ascii("dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
    assert.strictEqual(Buffer.from(accept).toString("base64"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
  })

  it(`agrees with node:crypto at every length around the block boundaries (seed ${seed})`, () => {
    const random = new Random()
    for (let length = 0; length <= 260; length++) {
      const bytes = random.bytes(length)
      assert.strictEqual(toHex(sha1(bytes)), ofNode(bytes), `${length} bytes`)
    }
  })
})
