/**
 * Masking (RFC 6455 §5.3): octet i of the payload is XORed with octet i modulo 4 of the masking key. The same function masks
 * and unmasks.
 *
 * A key is written as an unsigned 32-bit number whose highest octet is the key's first. The caller provides the keys (RFC 6455
 * §10.3 asks for strong entropy).
 */

/** The definition, octet by octet: the readable form, which the fast form is tested against. */
export const reference = (key: number, bytes: Uint8Array, start: number, end: number): void => {
  for (let i = start; i < end; i++) bytes[i]! ^= octet(key, i - start)
}

/** Masks `bytes` from `start` to `end` in place. */
export const mask = (key: number, bytes: Uint8Array, start: number, end: number): void => {
  if (end - start < wordsFrom) return maskOctets(key, bytes, start, end)
  const aligned = start + (-(bytes.byteOffset + start) & 3)
  const words = (end - aligned) >> 2
  reference(key, bytes, start, aligned)
  const rest = rotate(key, aligned - start)
  maskWords(rest, new Int32Array(bytes.buffer, bytes.byteOffset + aligned, words))
  maskOctets(rest, bytes, aligned + words * 4, end)
}

/** The key for the octets after the first `count`. */
export const rotate = (key: number, count: number): number => {
  const shift = (count & 3) << 3
  return shift === 0 ? key : ((key << shift) | (key >>> (32 - shift))) >>> 0
}

const octet = (key: number, index: number): number => (key >>> (24 - ((index & 3) << 3))) & 0xff

const maskOctets = (key: number, bytes: Uint8Array, start: number, end: number): void => {
  const k0 = key >>> 24
  const k1 = (key >>> 16) & 0xff
  const k2 = (key >>> 8) & 0xff
  const k3 = key & 0xff
  let i = start
  for (; i + 4 <= end; i += 4) {
    bytes[i]! ^= k0
    bytes[i + 1]! ^= k1
    bytes[i + 2]! ^= k2
    bytes[i + 3]! ^= k3
  }
  if (i < end) bytes[i++]! ^= k0
  if (i < end) bytes[i++]! ^= k1
  if (i < end) bytes[i]! ^= k2
}

const maskWords = (key: number, words: Int32Array): void => {
  const mask = inMemoryOrder(key)
  const unrolled = words.length & ~3
  let i = 0
  for (; i < unrolled; i += 4) {
    words[i]! ^= mask
    words[i + 1]! ^= mask
    words[i + 2]! ^= mask
    words[i + 3]! ^= mask
  }
  for (; i < words.length; i++) words[i]! ^= mask
}

/** The word whose bytes in memory are the key's octets, whatever the machine's byte order. */
const inMemoryOrder = (key: number): number => {
  octets.setUint32(0, key)
  return word[0]!
}

const octets = new DataView(new ArrayBuffer(4))
const word = new Int32Array(octets.buffer)

/** Below this many octets, creating a word view costs more than it saves (measured: docs/performance.md). */
const wordsFrom = 128
