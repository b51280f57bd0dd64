/**
 * UTF-8 (RFC 3629): an incremental validator that can stop and resume at any byte. It rejects the first byte that cannot
 * continue the text, so a broken text fails before its message is complete (RFC 6455 §8.1). Also a plain encoder and decoder
 * for platforms that have none.
 *
 * A state is a number: what the bytes so far demand of the next one.
 */
export type State = number

/** Between code points. A text must end here. */
export const accept: State = 0
/** A byte could not continue what came before it. This state is final. */
export const reject: State = 1

/** The state after `bytes` from `start` to `end`. */
export const validate = (state: State, bytes: Uint8Array, start: number, end: number): State => {
  let current = state
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!
    if (current === accept && byte < 0x80) continue
    current = step(current, byte)
    if (current === reject) return reject
  }
  return current
}

/** The state after one more byte. */
export const step = (state: State, byte: number): State => {
  if (state === accept) return byte < 0x80 ? accept : leads[byte - 0x80]!
  const [from, to, next] = continuations[state]!
  return byte >= from && byte <= to ? next : reject
}

/** Where the code point that `state` is inside ends: at most three bytes after `start`, or earlier where it is broken. */
export const boundaryAfter = (state: State, bytes: Uint8Array, start: number): number => {
  let current = state
  let at = start
  while (current !== accept && current !== reject) current = step(current, bytes[at++]!)
  return at
}

/** Where the last code point begins, if it may be cut off at `end`: at most three bytes before. Otherwise `end`. */
export const lastBoundary = (bytes: Uint8Array, start: number, end: number): number => {
  for (let i = end - 1; i >= Math.max(start, end - 3); i--) {
    if (bytes[i]! < 0x80) return end
    if (bytes[i]! >= 0xc0) return i
  }
  return end
}

/** The text of `bytes` from `start` to `end`, or undefined if they are not UTF-8. A byte order mark is kept as text. */
export const decode = (bytes: Uint8Array, start: number, end: number): string | undefined => {
  if (validate(accept, bytes, start, end) !== accept) return undefined
  let text = ""
  let units: Array<number> = []
  for (let i = start; i < end; ) {
    const [codePoint, length] = codePointAt(bytes, i)
    units.push(codePoint)
    i += length
    if (units.length === unitsPerCall) {
      text += String.fromCodePoint(...units)
      units = []
    }
  }
  return text + String.fromCodePoint(...units)
}

/** How many bytes `encode` writes for `text`. Lone surrogates count as U+FFFD. */
export const byteLength = (text: string): number => {
  let length = 0
  for (const character of text) {
    const codePoint = character.codePointAt(0)!
    length += codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4
  }
  return length
}

/** Writes `text` into `target` from `offset` on and returns how many bytes it took. */
export const encode = (text: string, target: Uint8Array, offset: number): number => {
  let at = offset
  for (const character of text.toWellFormed()) {
    const codePoint = character.codePointAt(0)!
    if (codePoint < 0x80) {
      target[at++] = codePoint
    } else if (codePoint < 0x800) {
      target[at++] = 0xc0 | (codePoint >> 6)
      target[at++] = 0x80 | (codePoint & 0x3f)
    } else if (codePoint < 0x10000) {
      target[at++] = 0xe0 | (codePoint >> 12)
      target[at++] = 0x80 | ((codePoint >> 6) & 0x3f)
      target[at++] = 0x80 | (codePoint & 0x3f)
    } else {
      target[at++] = 0xf0 | (codePoint >> 18)
      target[at++] = 0x80 | ((codePoint >> 12) & 0x3f)
      target[at++] = 0x80 | ((codePoint >> 6) & 0x3f)
      target[at++] = 0x80 | (codePoint & 0x3f)
    }
  }
  return at - offset
}

/** The code point that starts at `i` of valid bytes, and how many bytes it takes. */
const codePointAt = (bytes: Uint8Array, i: number): readonly [codePoint: number, length: number] => {
  const lead = bytes[i]!
  const tail = (offset: number) => bytes[i + offset]! & 0x3f
  if (lead < 0x80) return [lead, 1]
  if (lead < 0xe0) return [((lead & 0x1f) << 6) | tail(1), 2]
  if (lead < 0xf0) return [((lead & 0x0f) << 12) | (tail(1) << 6) | tail(2), 3]
  return [((lead & 0x07) << 18) | (tail(1) << 12) | (tail(2) << 6) | tail(3), 4]
}

/** RFC 3629 §4: the legal range of the next byte, and the state that follows it. */
const continuations: ReadonlyArray<readonly [from: number, to: number, next: State]> = [
  [0, 0, reject], // accept: `leads` decides
  [0, 0, reject], // reject
  [0x80, 0xbf, accept], // 2: the last byte
  [0x80, 0xbf, 2], // 3: two more bytes
  [0x80, 0xbf, 3], // 4: three more, after F1 to F3
  [0xa0, 0xbf, 2], // 5: after E0, nothing overlong
  [0x80, 0x9f, 2], // 6: after ED, no surrogates
  [0x90, 0xbf, 3], // 7: after F0, nothing overlong
  [0x80, 0x8f, 3] // 8: after F4, nothing above U+10FFFF
]

/** The state after each lead byte from 0x80 to 0xFF. */
const leads = Uint8Array.from({ length: 0x80 }, (_, i) => {
  const byte = i + 0x80
  if (byte < 0xc2 || byte > 0xf4) return reject
  if (byte < 0xe0) return 2
  if (byte < 0xf0) return byte === 0xe0 ? 5 : byte === 0xed ? 6 : 3
  return byte === 0xf0 ? 7 : byte === 0xf4 ? 8 : 4
})

/** Arguments per `String.fromCodePoint` call, far below every engine's limit. */
const unitsPerCall = 0x1000
