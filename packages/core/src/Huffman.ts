/**
 * The Huffman codes of DEFLATE (RFC 1951 §3.2.2): a code follows from the code lengths of its symbols alone. `Inflate` reads
 * codes bit by bit.
 */

export interface Huffman {
  /** How many codes there are of each length. */
  readonly counts: Uint16Array
  /** The symbols in the order of their codes. */
  readonly symbols: Uint16Array
}

/**
 * The code with these lengths; undefined if they make none. All codes must be used, except that a `sparse` code may have only
 * one symbol, or none (RFC 1951 §3.2.7).
 */
export const make = (lengths: Uint8Array, sparse: boolean): Huffman | undefined => {
  const counts = new Uint16Array(maxCodeLength + 1)
  for (const length of lengths) counts[length]! += 1
  const offsets = new Uint16Array(maxCodeLength + 2)
  let left = 1
  for (let length = 1; length <= maxCodeLength; length++) {
    left = left * 2 - counts[length]!
    if (left < 0) return undefined
    offsets[length + 1] = offsets[length]! + counts[length]!
  }
  const used = offsets[maxCodeLength + 1]!
  if (left > 0 && !(sparse && used === counts[1])) return undefined
  const symbols = new Uint16Array(used)
  lengths.forEach((length, symbol) => {
    if (length !== 0) symbols[offsets[length]!++] = symbol
  })
  return { counts, symbols }
}

export const maxCodeLength = 15

/** RFC 1951 §3.2.6. */
export const fixedLiterals = make(
  Uint8Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8)),
  false
)
export const fixedDistances = make(new Uint8Array(32).fill(5), false)
