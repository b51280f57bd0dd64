/** DEFLATE streams: written bit by bit (RFC 1951), legal or not, and by zlib in every way that it has. */
import { constants, deflateRawSync, type ZlibOptions } from "node:zlib"
import type * as Compression from "../src/Compression.ts"
import { concat } from "./hex.ts"
import type { Random } from "./random.ts"

export class Bits {
  private readonly bytes: Array<number> = []
  private used = 8

  /** So many bits of a number, the lowest first (RFC 1951 §3.1.1). */
  number(value: number, count: number): this {
    for (let i = 0; i < count; i++) this.bit((value >>> i) & 1)
    return this
  }

  /** A Huffman code, as it is read. */
  code(code: string): this {
    for (const bit of code) this.bit(Number(bit))
    return this
  }

  align(): this {
    this.used = 8
    return this
  }

  octets(octets: Iterable<number>): this {
    this.align()
    this.bytes.push(...octets)
    return this
  }

  /** The header of a block (RFC 1951 §3.2.3). */
  block(type: 0 | 1 | 2 | 3, final = false): this {
    return this.number(final ? 1 : 0, 1).number(type, 2)
  }

  /** A stored block (RFC 1951 §3.2.4). */
  stored(octets: Uint8Array, final = false): this {
    const { length } = octets
    return this.block(0, final).octets([length & 0xff, length >>> 8, ~length & 0xff, (~length >>> 8) & 0xff, ...octets])
  }

  /** A literal, a length or the end of a block (RFC 1951 §3.2.6). */
  fixed(symbol: number): this {
    return this.code(fixedCodes[symbol]!)
  }

  /** A match of three bytes in a fixed block (RFC 1951 §3.2.5). */
  match(distance: number): this {
    let code = 29
    while (baseOf(code) > distance) code--
    return this.fixed(257)
      .code(binary(code, 5))
      .number(distance - baseOf(code), extraOf(code))
  }

  /** The header of a dynamic block (RFC 1951 §3.2.7). Each symbol comes with the value of its extra bits. */
  dynamic(
    literals: number,
    distances: number,
    codeLengths: Record<number, number>,
    ...symbols: ReadonlyArray<readonly [symbol: number, extra?: number]>
  ): this {
    this.block(2)
      .number(literals - 257, 5)
      .number(distances - 1, 5)
      .number(15, 4)
    for (const symbol of [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]) {
      this.number(codeLengths[symbol] ?? 0, 3)
    }
    const codes = codesOf(Array.from({ length: 19 }, (_, symbol) => codeLengths[symbol] ?? 0))
    for (const [symbol, extra = 0] of symbols) {
      this.code(codes[symbol]!).number(extra, symbol === 16 ? 2 : symbol === 17 ? 3 : symbol === 18 ? 7 : 0)
    }
    return this
  }

  /** All bytes as a message: it ends with the header of the stored block whose rest is the tail (RFC 7692 §7.2.1). */
  message(): Uint8Array {
    return this.block(0).take()
  }

  take(): Uint8Array {
    return Uint8Array.from(this.bytes)
  }

  private bit(bit: number): void {
    if (this.used === 8) {
      this.bytes.push(0)
      this.used = 0
    }
    this.bytes[this.bytes.length - 1]! |= bit << this.used++
  }
}

/** The codes of these lengths (RFC 1951 §3.2.2). */
const codesOf = (lengths: ReadonlyArray<number>): ReadonlyArray<string> => {
  const codes: Array<string> = []
  let code = 0
  for (let length = 1; length < 16; length++) {
    code <<= 1
    for (const [symbol, own] of lengths.entries()) if (own === length) codes[symbol] = binary(code++, length)
  }
  return codes
}

const binary = (value: number, length: number): string => value.toString(2).padStart(length, "0").slice(-length)

const fixedCodes = codesOf(Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8)))

const extraOf = (code: number): number => Math.max(0, (code >> 1) - 1)
const baseOf = (code: number): number => (code < 4 ? code + 1 : ((2 + (code & 1)) << extraOf(code)) + 1)

/** Data of every kind that matters to a compressor, of this length. */
export const samples = (random: Random, length: number): Record<string, Uint8Array> => {
  const noise = random.bytes(length)
  const words = Array.from({ length: 50 }, () => random.bytes(1 + random.int(9)).map((byte) => 0x61 + (byte % 26)))
  const text: Array<number> = []
  while (text.length < length) text.push(...random.pick(words), 0x20)
  return {
    noise,
    zeros: new Uint8Array(length),
    text: Uint8Array.from(text.slice(0, length)),
    "few symbols": noise.map((byte) => byte & 3),
    "skewed symbols": noise.map((byte) => Math.clz32(byte)),
    "matches from afar": concat(noise.subarray(0, 33_000), noise).slice(0, length)
  }
}

/** All block types, and ways to fill them. */
export const ways: ReadonlyArray<ZlibOptions> = [
  { level: 6 },
  { level: 1 },
  { level: 9, memLevel: 1 },
  { level: 0 },
  { strategy: constants.Z_FIXED },
  { strategy: constants.Z_HUFFMAN_ONLY },
  { strategy: constants.Z_RLE }
]

/** A message without its tail (RFC 7692 §7.2.1). */
export const deflate = (data: Uint8Array, options: ZlibOptions): Uint8Array =>
  new Uint8Array(deflateRawSync(data, { ...options, finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4))

/** zlib as a platform may have it: what comes before is its dictionary. */
export const zlibDeflater = (options: Compression.DeflaterOptions): Compression.Deflater => {
  let before: Uint8Array = new Uint8Array(0)
  const { contextTakeover, level, memoryLevel: memLevel } = options
  const windowBits = Math.max(9, options.windowBits)
  return {
    deflate: (payload) => {
      const dictionary = before.length > 0 ? { dictionary: before } : {}
      if (contextTakeover) before = concat(before, payload).slice(-(1 << windowBits))
      return deflate(payload, { windowBits, level, memLevel, ...dictionary })
    },
    close: () => {}
  }
}
