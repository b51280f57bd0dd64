/**
 * SHA-1 (RFC 3174), for the Sec-WebSocket-Accept header of the opening handshake only. It guards nothing secret (RFC 6455
 * §10.8), so this plain form, for platforms that have none, need not resist timing attacks.
 */
export const sha1 = (bytes: Uint8Array): Uint8Array => {
  const state = Uint32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0)
  const padded = pad(bytes)
  const schedule = new Uint32Array(80)
  for (let block = 0; block < padded.byteLength; block += 64) compress(state, schedule, padded, block)
  const digest = new DataView(new ArrayBuffer(20))
  for (const [i, word] of state.entries()) digest.setUint32(i * 4, word)
  return new Uint8Array(digest.buffer)
}

/** RFC 3174 §4: a one bit, zeros, and the length in bits as a 64-bit number. */
const pad = (bytes: Uint8Array): DataView => {
  const padded = new Uint8Array(((bytes.length + 8) >> 6) * 64 + 64)
  padded.set(bytes)
  padded[bytes.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setBigUint64(padded.length - 8, BigInt(bytes.length) * 8n)
  return view
}

/** RFC 3174 §6.1, one block of 64 bytes. */
const compress = (state: Uint32Array, schedule: Uint32Array, padded: DataView, block: number): void => {
  for (let t = 0; t < 80; t++) {
    schedule[t] =
      t < 16
        ? padded.getUint32(block + t * 4)
        : rotateLeft(schedule[t - 3]! ^ schedule[t - 8]! ^ schedule[t - 14]! ^ schedule[t - 16]!, 1)
  }
  let [a, b, c, d, e] = state as unknown as [number, number, number, number, number]
  for (let t = 0; t < 80; t++) {
    const [f, k] = round(t, b, c, d)
    const next = (rotateLeft(a, 5) + f + e + k + schedule[t]!) | 0
    ;[a, b, c, d, e] = [next, a, rotateLeft(b, 30), c, d]
  }
  ;[a, b, c, d, e].forEach((word, i) => {
    state[i]! += word
  })
}

/** RFC 3174 §5: the function and the constant of step t. */
const round = (t: number, b: number, c: number, d: number): readonly [f: number, k: number] => {
  if (t < 20) return [(b & c) | (~b & d), 0x5a827999]
  if (t < 40) return [b ^ c ^ d, 0x6ed9eba1]
  if (t < 60) return [(b & c) | (b & d) | (c & d), 0x8f1bbcdc]
  return [b ^ c ^ d, 0xca62c1d6]
}

const rotateLeft = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits))
