/**
 * Short texts that lie one behind the other, decoded together: one string for all of them, cut into its messages.
 *
 *     81 05 h e l l o 81 05 w o r l d      one text of 14 characters, cut into "hello" and "world"
 *
 * A text is ASCII when no octet of it has its top bit set. In a run each frame has exactly one octet that does, its
 * first: so the run is ASCII when it has as many of them as frames, and its headers say where to cut. Elsewhere octets and
 * characters differ, so the headers are replaced by a separator and the string is split there. One by one is the plain
 * way, and finds the message that is not UTF-8.
 */
import type { FrameDecoder } from "./FrameDecoder.ts"
import type { Platform } from "./Platform.ts"

export class TextRun {
  /** So many octets at most: the sums of `topBits` fit in 255 words, and what is cut from a run keeps all of it alive. */
  static readonly maxLength = 0x3fc

  private readonly decodeLatin1: NonNullable<Platform["decodeLatin1"]>
  private readonly decodeUtf8: Platform["decodeUtf8"]

  constructor({ decodeUtf8 }: Platform, decodeLatin1: NonNullable<Platform["decodeLatin1"]>) {
    this.decodeLatin1 = decodeLatin1
    this.decodeUtf8 = decodeUtf8
  }

  /**
   * Appends the texts of so many frames, with headers of two octets, that the decoder's read holds from `start` to `end`.
   * Answers where it stopped: at the end, or in front of what is not UTF-8.
   */
  take(decoder: FrameDecoder, start: number, end: number, frames: number, into: Array<string | Uint8Array>): number {
    const { bytes } = decoder
    if (topBits(decoder, start, end) === frames) return this.cut(bytes, start, end, into)
    const texts = this.split(bytes, start, end, frames)
    if (texts === undefined) return this.oneByOne(bytes, start, end, into)
    for (const text of texts) into.push(text)
    return end
  }

  /** The plain way. */
  private oneByOne(bytes: Uint8Array, start: number, end: number, into: Array<string | Uint8Array>): number {
    for (let at = start; at < end; ) {
      const next = at + 2 + bytes[at + 1]!
      const text = this.decodeUtf8(bytes, at + 2, next)
      if (text === undefined) return at
      into.push(text)
      at = next
    }
    return end
  }

  private cut(bytes: Uint8Array, start: number, end: number, into: Array<string | Uint8Array>): number {
    const run = this.decodeLatin1(bytes, start, end)
    for (let at = 0; at < run.length; ) {
      const next = at + 2 + run.charCodeAt(at + 1)
      into.push(run.slice(at + 2, next))
      at = next
    }
    return end
  }

  /** Undefined when something is not UTF-8, or some text holds the separator. */
  private split(bytes: Uint8Array, start: number, end: number, frames: number): ReadonlyArray<string> | undefined {
    const length = end - start
    scratch.set(bytes.subarray(start, end))
    for (let at = 0; at < length; at += 2 + bytes[start + at + 1]!) {
      scratch[at] = separator.charCodeAt(0)
      scratch[at + 1] = separator.charCodeAt(1)
    }
    const texts = this.decodeUtf8(scratch, separator.length, length)?.split(separator)
    return texts?.length === frames ? texts : undefined
  }
}

/**
 * Two different characters, so that no text can make one together with a separator that follows or goes before. ASCII, so
 * that it ends whatever character a text has cut off.
 */
const separator = "\0\x01"

/** Used within one call. */
const scratch = new Uint8Array(TextRun.maxLength)

/** How many octets have their top bit set: four at a time, counted side by side in the octets of one word. */
const topBits = ({ bytes, words }: FrameDecoder, start: number, end: number): number => {
  const shift = bytes.byteOffset & 3
  const firstWord = (start + shift + 3) >> 2
  const lastWord = (end + shift) >> 2
  let count = 0
  for (let at = start; at < Math.min(end, firstWord * 4 - shift); at++) count += bytes[at]! >>> 7
  let sums = 0
  for (let at = firstWord; at < lastWord; at++) sums += (words[at]! >>> 7) & 0x01010101
  count += (sums & 0xff) + ((sums >>> 8) & 0xff) + ((sums >>> 16) & 0xff) + (sums >>> 24)
  for (let at = Math.max(start, lastWord * 4 - shift); at < end; at++) count += bytes[at]! >>> 7
  return count
}
