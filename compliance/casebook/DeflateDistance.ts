/**
 * How far back a raw DEFLATE stream reaches (RFC 1951): the largest match distance in it.
 *
 * zlib's inflater accepts a distance beyond the agreed window while the octets are still in its output buffer, so it
 * cannot say whether a client honours `client_max_window_bits`. This reader follows the symbols and makes no output.
 */
export const largestDistance = (stream: Uint8Array): number => {
  const bits = new BitReader(stream)
  let largest = 0
  // The last block of a message is the stored block whose four octets 00 00 ff ff never travel (RFC 7692 §7.2.1).
  while (!bits.ended) {
    const final = bits.take(1) === 1
    const kind = bits.take(2)
    if (kind === 0) bits.skipStored()
    else if (kind === 3) throw new RangeError("reserved DEFLATE block type")
    else largest = Math.max(largest, block(bits, kind === 1 ? fixed : dynamic(bits)))
    if (final) bits.align()
  }
  return largest
}

/** One compressed block: literals and matches up to the end-of-block symbol 256. */
const block = (bits: BitReader, codes: Codes): number => {
  let largest = 0
  for (;;) {
    const symbol = decode(bits, codes.lengths)
    if (symbol === 256) return largest
    if (symbol < 256) continue
    bits.take(lengthExtraBits[symbol - 257]!)
    const distance = decode(bits, codes.distances)
    largest = Math.max(largest, distanceBase[distance]! + bits.take(distanceExtraBits[distance]!))
  }
}

interface Codes {
  readonly lengths: Code
  readonly distances: Code
}

/** A canonical Huffman code: how many codes of each length, and the symbols in code order. */
interface Code {
  readonly counts: Uint16Array
  readonly symbols: Uint16Array
}

const makeCode = (lengths: ReadonlyArray<number>): Code => {
  const counts = new Uint16Array(16)
  for (const length of lengths) counts[length]!++
  counts[0] = 0
  const offsets = new Uint16Array(16)
  for (let length = 1; length < 15; length++) offsets[length + 1] = offsets[length]! + counts[length]!
  const symbols = new Uint16Array(lengths.length)
  lengths.forEach((length, symbol) => {
    if (length !== 0) symbols[offsets[length]!++] = symbol
  })
  return { counts, symbols }
}

const decode = (bits: BitReader, code: Code): number => {
  let value = 0
  let first = 0
  let index = 0
  for (let length = 1; length < 16; length++) {
    value |= bits.take(1)
    const count = code.counts[length]!
    if (value - count < first) return code.symbols[index + (value - first)]!
    index += count
    first = (first + count) << 1
    value <<= 1
  }
  throw new RangeError("not a DEFLATE code")
}

/** The code lengths in front of a dynamic block, themselves run-length and Huffman coded (RFC 1951 §3.2.7). */
const dynamic = (bits: BitReader): Codes => {
  const literals = bits.take(5) + 257
  const distances = bits.take(5) + 1
  const lengthCodes = bits.take(4) + 4
  const order = new Array<number>(19).fill(0)
  for (let index = 0; index < lengthCodes; index++) order[codeLengthOrder[index]!] = bits.take(3)
  const code = makeCode(order)
  const lengths: Array<number> = []
  while (lengths.length < literals + distances) {
    const symbol = decode(bits, code)
    if (symbol < 16) lengths.push(symbol)
    else if (symbol === 16) repeat(lengths, lengths.at(-1)!, 3 + bits.take(2))
    else repeat(lengths, 0, symbol === 17 ? 3 + bits.take(3) : 11 + bits.take(7))
  }
  return { lengths: makeCode(lengths.slice(0, literals)), distances: makeCode(lengths.slice(literals)) }
}

const repeat = (lengths: Array<number>, length: number, times: number): void => {
  for (let index = 0; index < times; index++) lengths.push(length)
}

class BitReader {
  #position = 0
  readonly #stream: Uint8Array

  constructor(stream: Uint8Array) {
    this.#stream = stream
  }

  /** Fewer than eight bits are left: padding behind the last block. */
  get ended(): boolean {
    return this.#position + 3 > this.#stream.length * 8
  }

  take(count: number): number {
    let value = 0
    for (let bit = 0; bit < count; bit++) {
      const octet = this.#stream[this.#position >> 3]
      if (octet === undefined) throw new RangeError("the DEFLATE stream ends inside a block")
      value |= ((octet >> (this.#position & 7)) & 1) << bit
      this.#position++
    }
    return value
  }

  align(): void {
    this.#position = (this.#position + 7) & ~7
  }

  /** A stored block: the stream may end right behind its three bits, where 00 00 ff ff was removed. */
  skipStored(): void {
    this.align()
    if (this.#position === this.#stream.length * 8) return
    const length = this.take(16)
    this.take(16)
    this.#position += length * 8
  }
}

const fixed: Codes = {
  lengths: makeCode([
    ...new Array<number>(144).fill(8),
    ...new Array<number>(112).fill(9),
    ...new Array<number>(24).fill(7),
    ...new Array<number>(8).fill(8)
  ]),
  distances: makeCode(new Array<number>(30).fill(5))
}

const codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
const lengthExtraBits = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]
const distanceExtraBits = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13
]
const distanceBase = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12289, 16385, 24577
]
