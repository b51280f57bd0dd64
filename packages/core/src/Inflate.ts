/**
 * DEFLATE decoding (RFC 1951) in its plain form, for platforms that have none, and to test faster forms against. It never
 * returns more than there is room for, continues after a block that is marked as the last (RFC 7692 §7.2.3.4), and refuses
 * distances beyond the window.
 *
 * A message is inflated when its last byte is there (RFC 7692 §7.2.2).
 */
import * as Compression from "./Compression.ts"
import * as Huffman from "./Huffman.ts"
import { PayloadBuffer } from "./PayloadBuffer.ts"
import { Window } from "./Window.ts"

export const inflater = ({ contextTakeover, windowBits }: Compression.InflaterOptions): Compression.Inflater => {
  const window = new Window(windowBits)
  const compressed = new PayloadBuffer()
  const close = () => {
    compressed.clear()
    window.clear()
  }
  return {
    inflate: (bytes, start, end, last, room) => {
      compressed.append(bytes, start, end, last ? tail.length : Infinity)
      if (!last && compressed.length <= mostCompressed(room)) return empty
      compressed.append(tail, 0, tail.length, 0)
      const output = last ? new Decoder(compressed.take(), window, 1 << windowBits, room).run() : "TooBig"
      if (typeof output === "string") close()
      else if (contextTakeover) window.push(output)
      return output
    },
    close
  }
}

/** Even a sender that flushes after each byte needs less; a longer message would only be kept to be refused. */
const mostCompressed = (room: number): number => room * 8 + 0x400

const { tail } = Compression

class Decoder {
  private readonly input: Uint8Array
  private position = 0
  private bitBuffer = 0
  private bitCount = 0
  /** What came before this message, then this message. */
  private output: Uint8Array
  private length: number
  private readonly before: number
  private readonly windowSize: number
  private readonly most: number
  /** Where the last stored block without bytes ended. */
  private emptyBlockEnd = 0
  /** What is read after the first failure is meaningless. */
  private failure: Compression.InflateFailure | undefined

  constructor(input: Uint8Array, window: Window, windowSize: number, room: number) {
    this.input = input
    this.before = window.length
    this.length = window.length
    this.windowSize = windowSize
    this.most = window.length + room
    this.output = new Uint8Array(window.length + Math.min(input.length * 2, room))
    window.copyTo(this.output, 0)
  }

  run(): Uint8Array | Compression.InflateFailure {
    while (this.failure === undefined && this.position < this.input.length) this.block()
    // The tail must end an empty stored block (RFC 7692 §7.2.1). If it is inside anything else, the message was cut off.
    if (this.emptyBlockEnd !== this.input.length) this.fail("Corrupt")
    return this.failure ?? this.output.slice(this.before, this.length)
  }

  private fail(failure: Compression.InflateFailure): void {
    this.failure ??= failure
  }

  /** RFC 1951 §3.2.3. */
  private block(): void {
    const final = this.bits(1) === 1
    const type = this.bits(2)
    if (type === 0) this.stored()
    else if (type === 1) this.compressed(Huffman.fixedLiterals, Huffman.fixedDistances)
    else if (type === 2) this.dynamic()
    else this.fail("Corrupt")
    // The block after a last one begins with the next byte, and uses the same window.
    if (final) this.align()
  }

  private align(): void {
    this.bitBuffer = 0
    this.bitCount = 0
  }

  /** RFC 1951 §3.2.4. */
  private stored(): void {
    this.align()
    const { input } = this
    const length = this.bits(16)
    const check = this.bits(16)
    const end = this.position + length
    if (length !== (~check & 0xffff) || end > input.length) return this.fail("Corrupt")
    if (!this.reserve(length)) return
    this.output.set(input.subarray(this.position, end), this.length)
    this.length += length
    this.position = end
    if (length === 0) this.emptyBlockEnd = end
  }

  /** RFC 1951 §3.2.7. */
  private dynamic(): void {
    const literals = this.bits(5) + 257
    const distances = this.bits(5) + 1
    const order = new Uint8Array(19)
    for (let i = 0, count = this.bits(4) + 4; i < count; i++) order[codeLengthOrder[i]!] = this.bits(3)
    const codeLengths = Huffman.make(order, false)
    // Undefined symbols must have no code, and every block must have an end.
    if (literals > 286 || distances > 30 || codeLengths === undefined) return this.fail("Corrupt")
    const lengths = new Uint8Array(literals + distances)
    for (let i = 0; i < lengths.length && this.failure === undefined; ) {
      const symbol = this.symbol(codeLengths)
      if (symbol < 16) {
        lengths[i++] = symbol
        continue
      }
      const value = symbol === 16 ? lengths[i - 1] : 0
      const repeat = symbol === 16 ? 3 + this.bits(2) : symbol === 17 ? 3 + this.bits(3) : 11 + this.bits(7)
      if (value === undefined || i + repeat > lengths.length) return this.fail("Corrupt")
      lengths.fill(value, i, i + repeat)
      i += repeat
    }
    if (lengths[endOfBlock] === 0) return this.fail("Corrupt")
    this.compressed(Huffman.make(lengths.subarray(0, literals), true), Huffman.make(lengths.subarray(literals), true))
  }

  /** RFC 1951 §3.2.5. */
  private compressed(literals: Huffman.Huffman | undefined, distances: Huffman.Huffman | undefined): void {
    if (literals === undefined || distances === undefined) return this.fail("Corrupt")
    while (this.failure === undefined) {
      const symbol = this.symbol(literals)
      if (symbol === endOfBlock) return
      if (symbol < endOfBlock) {
        if (!this.reserve(1)) return
        this.output[this.length++] = symbol
        continue
      }
      const l = symbol - 257
      if (l >= lengthBase.length) return this.fail("Corrupt")
      const length = lengthBase[l]! + this.bits(lengthExtra[l]!)
      const d = this.symbol(distances)
      if (d >= distanceBase.length) return this.fail("Corrupt")
      this.copy(length, distanceBase[d]! + this.bits(distanceExtra[d]!))
    }
  }

  private copy(length: number, distance: number): void {
    if (distance > this.length || distance > this.windowSize) return this.fail("Corrupt")
    if (!this.reserve(length)) return
    for (let i = 0; i < length; i++, this.length++) this.output[this.length] = this.output[this.length - distance]!
  }

  /** Whether there is room for that many more bytes. If so, makes space for them. */
  private reserve(count: number): boolean {
    const needed = this.length + count
    if (needed > this.most) {
      this.fail("TooBig")
      return false
    }
    if (needed > this.output.length) {
      const grown = new Uint8Array(Math.min(needed * 2, this.most))
      grown.set(this.output.subarray(0, this.length))
      this.output = grown
    }
    return true
  }

  private bits(count: number): number {
    while (this.bitCount < count) {
      if (this.position === this.input.length) {
        this.fail("Corrupt")
        return 0
      }
      this.bitBuffer |= this.input[this.position++]! << this.bitCount
      this.bitCount += 8
    }
    const value = this.bitBuffer & ((1 << count) - 1)
    this.bitBuffer >>>= count
    this.bitCount -= count
    return value
  }

  /** The next symbol, bit by bit: codes of one length are consecutive numbers (RFC 1951 §3.2.2). */
  private symbol({ counts, symbols }: Huffman.Huffman): number {
    let code = 0
    let first = 0
    let index = 0
    for (let length = 1; length <= Huffman.maxCodeLength; length++) {
      code |= this.bits(1)
      const count = counts[length]!
      if (code - count < first) return symbols[index + (code - first)]!
      index += count
      first = (first + count) << 1
      code <<= 1
    }
    this.fail("Corrupt")
    return endOfBlock
  }
}

/** RFC 1951 §3.2.5. */
const lengthExtra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]
const lengthBase = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258
]
const distanceExtra = Array.from({ length: 30 }, (_, code) => Math.max(0, (code >> 1) - 1))
const distanceBase = distanceExtra.map((bits, code) => (code < 4 ? code + 1 : ((2 + (code & 1)) << bits) + 1))

const codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

const endOfBlock = 256

const empty = new Uint8Array(0)
