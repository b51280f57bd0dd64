import { assert, describe, it } from "@effect/vitest"
import * as Platform from "../src/Platform.ts"
import { Utf8Decoder } from "../src/Utf8Decoder.ts"
import { hex } from "./hex.ts"
import { Random, seed } from "./random.ts"

/** What each piece becomes, the last one as the text's end. */
const each = (...pieces: ReadonlyArray<Uint8Array>) => {
  const text = new Utf8Decoder(Platform.pure)
  return pieces.map((piece, i) => text.take(piece, 0, piece.length, i === pieces.length - 1))
}

describe("Utf8Decoder", () => {
  const table: ReadonlyArray<readonly [what: string, pieces: ReadonlyArray<string>, texts: Array<string | undefined>]> =
    [
      ["characters that end with their piece", ["61c3a9", "e282ac", "f09f9880"], ["aé", "€", "😀"]],
      ["a character that is cut once", ["61c3", "a962"], ["a", "éb"]],
      ["at each of its bytes", ["f0", "9f", "98", "8061"], ["", "", "", "😀a"]],
      ["an empty piece inside of it", ["c3", "", "a9"], ["", "", "é"]],
      ["a byte order mark is text", ["efbbbf61"], ["\u{feff}a"]],
      ["nothing at all", [""], [""]],
      ["a broken piece", ["61ff61"], [undefined]],
      ["a piece that breaks at its end", ["61c0", ""], [undefined, ""]],
      ["a character that does not go on", ["e2", "6161"], ["", undefined]],
      ["a surrogate, at the byte that proves it", ["ed", "a0", ""], ["", undefined, ""]],
      ["an end inside of a character", ["61e282"], [undefined]],
      ["the same in an empty last piece", ["61c3", ""], ["a", undefined]]
    ]
  for (const [what, pieces, texts] of table) {
    it(what, () => assert.deepStrictEqual(each(...pieces.map(hex)), texts))
  }

  it("takes a range of a read", () => {
    assert.strictEqual(new Utf8Decoder(Platform.pure).take(hex("ff6162ff"), 1, 3, true), "ab")
  })

  it("what is cut off does not keep the read", () => {
    const text = new Utf8Decoder(Platform.pure)
    const read = hex("c3")
    text.take(read, 0, 1, false)
    read.fill(0)
    assert.strictEqual(text.take(hex("a9"), 0, 1, true), "é")
  })

  it(`all pieces together are the text, wherever it was cut (seed ${seed})`, () => {
    const random = new Random()
    for (let round = 0; round < 100; round++) {
      const text = random.text(200)
      assert.strictEqual(each(...random.cut(new TextEncoder().encode(text))).join(""), text)
    }
  })
})
