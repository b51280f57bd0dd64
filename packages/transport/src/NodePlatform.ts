/**
 * Node's synchronous functions for core: hashing, text in UTF-8, latin-1 and base64, masking, memory, DEFLATE and strong random
 * numbers. Core defines what each must return (`Platform`); this file only knows which of Node's functions is fast for which
 * length.
 */
import { Buffer, constants, isUtf8 } from "node:buffer"
import { Masking, type Platform, Utf8 } from "@effect-websocket/core"
import * as Ballast from "./internal/Ballast.ts"
import * as Builtin from "./internal/Builtin.ts"
import * as NodeDeflate from "./internal/NodeDeflate.ts"

/** SHA-1, for the opening handshake (RFC 6455 §4.2.2). */
export const sha1 = (bytes: Uint8Array): Uint8Array => new Uint8Array(Builtin.crypto().hash("sha1", bytes, "buffer"))

/** The same for ASCII text, in base64. */
export const sha1Base64 = (text: string): string => Builtin.crypto().hash("sha1", text, "base64")

/** Base64 (RFC 4648 §4). */
export const encodeBase64 = (bytes: Uint8Array): string => base64Slice.call(bytes)

/** The bytes of latin-1 text. */
export const encodeLatin1 = (text: string): Uint8Array => Buffer.from(text, "latin1")

/** The latin-1 text of `bytes` from `start` to `end`. */
export const decodeLatin1 = (bytes: Uint8Array, start: number, end: number): string =>
  latin1Slice.call(bytes, start, end)

/** The text of `bytes` from `start` to `end`, or undefined if they are not well-formed UTF-8. U+FEFF is kept. */
export const decodeUtf8 = (bytes: Uint8Array, start: number, end: number): string | undefined => {
  const text = utf8Slice.call(bytes, start, end)
  // Invalid UTF-8 has become U+FFFD, which texts rarely contain: looking for it costs less than validating first.
  return text.includes("\uFFFD") && !isUtf8(bytes.subarray(start, end)) ? undefined : text
}

/** Like core's `Utf8.validate`: whole characters natively, characters cut off at either end octet by octet. */
export const validateUtf8 = (state: Utf8.State, bytes: Uint8Array, start: number, end: number): Utf8.State => {
  if (end - start < nativeFrom) return Utf8.validate(state, bytes, start, end)
  let current = state
  let from = start
  while (current !== Utf8.accept && current !== Utf8.reject && from < end) current = Utf8.step(current, bytes[from++]!)
  if (current === Utf8.reject) return current
  const to = Utf8.lastBoundary(bytes, from, end)
  return isUtf8(bytes.subarray(from, to)) ? Utf8.validate(Utf8.accept, bytes, to, end) : Utf8.reject
}

/** How many bytes `encodeUtf8` writes for this text. Lone surrogates count as U+FFFD. */
export const utf8Length = (text: string): number => Buffer.byteLength(text)

/** Writes the text into `target` from `offset` on, where there is room. Returns how many bytes it took. */
export const encodeUtf8 = (text: string, target: Uint8Array, offset: number): number =>
  utf8Write.call(target, text, offset)

/**
 * Masks or unmasks `bytes` from `start` to `end` in place (RFC 6455 §5.3), word by word. The words at both ends are masked in
 * part: bytes beside the range are written back unchanged. The highest octet of `key` is its first.
 */
export const mask = (key: number, bytes: Uint8Array, start: number, end: number): void => {
  if (end - start < wordsFrom) return Masking.mask(key, bytes, start, end)
  const words = wordsOf(bytes.buffer)
  const from = bytes.byteOffset + start
  const to = bytes.byteOffset + end
  const aligned = Masking.rotate(key, -from)
  const mask = twice(aligned)
  const last = to >>> 3
  let i = from >>> 3
  words[i]! ^= mask & fromOctet[from & 7]!
  for (i++; i + 4 <= last; i += 4) {
    words[i]! ^= mask
    words[i + 1]! ^= mask
    words[i + 2]! ^= mask
    words[i + 3]! ^= mask
  }
  for (; i < last; i++) words[i]! ^= mask
  if (last < words.length) words[last]! ^= mask & beforeOctet[to & 7]!
  else Masking.mask(aligned, bytes, end - (to & 7), end)
}

/** An array whose bytes may be anything. Large ones are not cleared: the caller writes every byte. */
export const allocate = (length: number): Uint8Array<ArrayBuffer> => {
  if (length < unclearedFrom) return new Uint8Array(length)
  Ballast.add(length)
  return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer)
}

/** An unsigned 32-bit number from a cryptographically strong source, such as a masking key (RFC 6455 §10.3). */
export const randomUint32 = (): number => {
  if (nextKey === pool.length) refill()
  return pool[nextKey++]!
}

/**
 * A few bytes, such as a nonce, from a cryptographically strong source. They come from the pool, which costs less than a system
 * call.
 */
export const randomBytes = (length: number): Uint8Array => {
  if (length > poolOctets.length) return Builtin.crypto().randomFillSync(new Uint8Array(length))
  const keys = Math.ceil(length / 4)
  if (nextKey + keys > pool.length) refill()
  const start = nextKey * 4
  nextKey += keys
  return poolOctets.slice(start, start + length)
}

/** Fills the pool anew. What was left of it is never used. */
const refill = (): void => {
  Builtin.crypto().randomFillSync(pool)
  nextKey = 0
}

/** Everything in the form that core takes. The largest message that can be held is a text of V8's maximum length. */
export const platform: Platform.Platform = Object.freeze({
  sha1,
  sha1Base64,
  encodeBase64,
  encodeLatin1,
  decodeLatin1,
  decodeUtf8,
  decodesRuns: true,
  validateUtf8,
  utf8Length,
  encodeUtf8,
  mask,
  allocate,
  deflater: NodeDeflate.deflater,
  inflater: NodeDeflate.inflater,
  maxMessageBytes: constants.MAX_STRING_LENGTH
})

/** The memory as words. The view of the last call is kept, since senders mask one frame after the other in one buffer. */
const wordsOf = (memory: ArrayBufferLike): BigUint64Array<ArrayBufferLike> => {
  if (memory === lastMemory) return lastWords
  const words = new BigUint64Array(memory, 0, memory.byteLength >>> 3)
  if (memory.byteLength > largestKept || isResizable(memory)) return words
  lastMemory = memory
  lastWords = words
  return words
}

/** Whether the memory may change its size, which a view of its words would not follow. */
const isResizable = (memory: ArrayBufferLike): boolean =>
  memory instanceof ArrayBuffer ? memory.resizable : memory.growable

/** Larger memory than a buffer for frames is not kept alive by the view. */
const largestKept = 0x20000

const noWords = new BigUint64Array(0)
let lastMemory: ArrayBufferLike = noWords.buffer
let lastWords: BigUint64Array<ArrayBufferLike> = noWords

/** The key twice, as in memory, whatever the machine's byte order. */
const twice = (key: number): bigint => {
  octets.setUint32(0, key)
  octets.setUint32(4, key)
  return word[0]!
}

const octets = new DataView(new ArrayBuffer(8))
const word = new BigUint64Array(octets.buffer)

/** A word of memory with ones in those octets. */
const wordOf = (isSet: (octet: number) => boolean): bigint => {
  for (let octet = 0; octet < 8; octet++) octets.setUint8(octet, isSet(octet) ? 0xff : 0)
  return word[0]!
}

/** All ones from octet n on, and before it. */
const fromOctet = new BigUint64Array(8).map((_, n) => wordOf((octet) => octet >= n))
const beforeOctet = new BigUint64Array(8).map((_, n) => wordOf((octet) => octet < n))

/** One system call for 2,048 keys (18 ns each, against 2,900 for a call per key). */
const pool = new Uint32Array(0x2000 / 4)
const poolOctets = new Uint8Array(pool.buffer)
let nextKey = pool.length

/** Below this many bytes, entering native code costs more than a loop (measured: 64 bytes cost about 90 ns either way). */
const nativeFrom = 64

/**
 * Below this many octets, words cost more than they save (measured). It is more than one word, so the two ends are different
 * words.
 */
const wordsFrom = 24

/** Buffer's own methods, which take any Uint8Array: making a Buffer of it first would cost as much as the work. */
const { base64Slice, latin1Slice, utf8Slice, utf8Write } = Buffer.prototype as unknown as {
  readonly base64Slice: (this: Uint8Array) => string
  readonly latin1Slice: (this: Uint8Array, start: number, end: number) => string
  readonly utf8Slice: (this: Uint8Array, start: number, end: number) => string
  readonly utf8Write: (this: Uint8Array, text: string, offset: number) => number
}

/** Below this length, clearing costs less than a detour through Buffer. */
const unclearedFrom = 0x1000
