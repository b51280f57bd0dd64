/**
 * Short texts that lie one behind the other, decoded together: one string for all of them, cut into its messages.
 *
 *     81 05 h e l l o 81 05 w o r l d      "hello" and "world", behind a header each
 *
 * As latin-1, each octet is a character, and the headers say where to cut. ASCII is the same, and all of it is ASCII when no
 * octet is above 7F but the first ones of the headers: those are counted. For other texts a separator takes the place of
 * each header in a copy of the run, so that all of it is UTF-8 when each text is; it is split there. One by one is the plain
 * way, and finds the message that is not UTF-8.
 */
import * as Latin1 from "./Latin1.ts"
import type { Platform } from "./Platform.ts"

type Texts = Array<string | Uint8Array>

export class ShortTexts {
  /** So many octets at most: what is cut from a run keeps all of it alive. */
  static readonly maxLength = 0x400

  private readonly decodeLatin1: typeof Latin1.decode
  private readonly decodeUtf8: Platform["decodeUtf8"]
  private readonly utf8Length: Platform["utf8Length"]
  /** What the last run was, the next one most likely is. */
  private isAscii = true
  /** Where the run ends: the last frame that fits into it. */
  private end = 0

  constructor({ decodeLatin1 = Latin1.decode, decodeUtf8, utf8Length }: Platform) {
    this.decodeLatin1 = decodeLatin1
    this.decodeUtf8 = decodeUtf8
    this.utf8Length = utf8Length
  }

  /**
   * Appends the texts of so many frames, with headers of two octets, that lie from `start` to `end`. Answers where it
   * stopped: at the end, or in front of what is not UTF-8.
   */
  take(bytes: Uint8Array, start: number, end: number, frames: number, into: Texts): number {
    let place = into.length
    if (frames === 1) {
      this.end = end
      this.oneByOne(bytes, start, into, place)
      return this.end
    }
    // Room for all of them at once: an array that grows with them costs as much as they do.
    into.length += frames
    for (let at = start; at < end; at = this.end) {
      const stop = Math.min(end, at + ShortTexts.maxLength)
      let taken = this.isAscii ? this.cut(bytes, at, stop, into, place) : 0
      if (taken === 0) taken = this.split(bytes, at, stop, into, place)
      const { end: whole } = this
      if (taken === 0) taken = this.oneByOne(bytes, at, into, place)
      place += taken
      if (this.end < whole) break
    }
    into.length = place
    return this.end
  }

  // Each of them writes texts from `place` on, and answers how many.

  /** None when something is not ASCII. */
  private cut(bytes: Uint8Array, start: number, stop: number, into: Texts, place: number): number {
    const run = this.decodeLatin1(bytes, start, stop)
    let taken = 0
    let at = start
    while (at < stop) {
      const next = at + 2 + bytes[at + 1]!
      if (next > stop) break
      into[place + taken++] = run.slice(at + 2 - start, next - start)
      at = next
    }
    this.end = at
    // Of a frame that does not fit into the run, the first octet does.
    const headers = at < stop ? taken + 1 : taken
    this.isAscii = this.utf8Length(run) - run.length === headers
    return this.isAscii ? taken : 0
  }

  /** None when something is not UTF-8, when a text holds a separator, and for a single one. */
  private split(bytes: Uint8Array, start: number, stop: number, into: Texts, place: number): number {
    scratch.set(bytes.subarray(start, stop))
    let frames = 0
    let at = start
    while (at < stop) {
      const next = at + 2 + bytes[at + 1]!
      if (next > stop) break
      scratch[at - start] = separator.charCodeAt(0)
      scratch[at - start + 1] = separator.charCodeAt(1)
      frames += 1
      at = next
    }
    this.end = at
    if (frames === 1) return 0
    const run = this.decodeUtf8(scratch, 0, at - start)
    this.isAscii = run?.length === at - start
    // The first separator has no text in front of it.
    const texts = run?.split(separator)
    if (texts?.length !== frames + 1) return 0
    for (let i = 0; i < frames; i++) into[place + i] = texts[i + 1]!
    return frames
  }

  /** The plain way: to the end of the run, which is moved in front of what is not UTF-8. */
  private oneByOne(bytes: Uint8Array, start: number, into: Texts, place: number): number {
    let taken = 0
    for (let at = start; at < this.end; ) {
      const next = at + 2 + bytes[at + 1]!
      const text = this.decodeUtf8(bytes, at + 2, next)
      if (text === undefined) this.end = at
      else into[place + taken++] = text
      at = next
    }
    return taken
  }
}

/**
 * Two different characters, so that no text can make one together with a separator that follows or goes before. ASCII, so
 * that it ends whatever character a text has cut off. A text that holds one shows in their number.
 */
const separator = "\0\x01"

/** Used within one call. */
const scratch = new Uint8Array(ShortTexts.maxLength)
