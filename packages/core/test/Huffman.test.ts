import { assert, describe, it } from "@effect/vitest"
import * as Huffman from "../src/Huffman.ts"

const code = (lengths: ReadonlyArray<number>, sparse = false) => {
  const made = Huffman.make(Uint8Array.from(lengths), sparse)
  return made && { counts: [...made.counts].slice(0, 5), symbols: [...made.symbols] }
}

describe("Huffman", () => {
  it("RFC 1951 §3.2.2: the example, whose symbols are A to H", () => {
    assert.deepStrictEqual(code([3, 3, 3, 3, 3, 2, 4, 4]), {
      counts: [0, 0, 1, 5, 2],
      symbols: [5, 0, 1, 2, 3, 4, 6, 7]
    })
  })

  it("symbols of length 0 have no code", () => {
    assert.deepStrictEqual(code([0, 1, 0, 2, 2, 0]), { counts: [3, 1, 2, 0, 0], symbols: [1, 3, 4] })
  })

  const none: ReadonlyArray<readonly [what: string, lengths: ReadonlyArray<number>, sparse: boolean]> = [
    ["more codes than there are of one bit", [1, 1, 1], true],
    ["more codes than there are of several", [1, 2, 2, 15], true],
    ["a code that is not used", [1, 2], true],
    ["one symbol, of two bits", [2], true],
    ["one symbol, where all codes are used", [1], false],
    ["no symbol, where all codes are used", [0, 0], false]
  ]
  for (const [what, lengths, sparse] of none) {
    it(`none: ${what}`, () => assert.isUndefined(code(lengths, sparse)))
  }

  it("RFC 1951 §3.2.7: a sparse one has one symbol of one bit, or none", () => {
    assert.deepStrictEqual(code([0, 1], true), { counts: [1, 1, 0, 0, 0], symbols: [1] })
    assert.deepStrictEqual(code([0, 0], true), { counts: [2, 0, 0, 0, 0], symbols: [] })
  })

  it("the longest code has 15 bits", () => {
    const lengths = [...Array.from({ length: Huffman.maxCodeLength }, (_, i) => i + 1), Huffman.maxCodeLength]
    assert.deepStrictEqual(code(lengths)?.symbols, [...lengths.keys()])
  })

  it("RFC 1951 §3.2.6: the fixed codes", () => {
    const { fixedDistances, fixedLiterals } = Huffman
    assert.deepStrictEqual([...fixedLiterals!.counts].slice(7, 10), [24, 152, 112])
    const runs = [
      [256, 280],
      [0, 144],
      [280, 288],
      [144, 256]
    ] as const
    const inOrder = runs.flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i))
    assert.deepStrictEqual([...fixedLiterals!.symbols], inOrder)
    assert.deepStrictEqual([...fixedDistances!.symbols], [...Array(32).keys()])
  })
})
