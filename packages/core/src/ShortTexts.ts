/**
 * Consecutive short texts, decoded together: one string for all of them, cut into messages.
 *
 *     81 05 h e l l o 81 05 w o r l d      "hello" and "world", each after its header
 *
 * If all texts are ASCII, the run is decoded as latin-1, where each octet is one character, and the headers say where to cut.
 * All texts are ASCII if no octet is above 7F except the first one of each header, so these octets are counted. Otherwise a
 * separator replaces each header in a copy of the run. The copy is UTF-8 if every text is, and is split at the separators. If
 * that fails, the texts are decoded one by one, which finds the one that is not UTF-8.
 */
import * as Latin1 from "./Latin1.ts"
import type { Platform } from "./Platform.ts"

type Texts = Array<string | Uint8Array>

export class ShortTexts {
  /** The most octets in a run: what is cut from a run keeps all of it alive. */
  static readonly maxLength = 0x400

  private readonly decodeLatin1: typeof Latin1.decode
  private readonly decodeUtf8: Platform["decodeUtf8"]
  private readonly utf8Length: Platform["utf8Length"]
  /** Whether the last run was ASCII, as then the next one most likely is. */
  private isAscii = true
  /** Where the run ends: after the last frame that fits into it. */
  private end = 0

  constructor({ decodeLatin1 = Latin1.decode, decodeUtf8, utf8Length }: Platform) {
    this.decodeLatin1 = decodeLatin1
    this.decodeUtf8 = decodeUtf8
    this.utf8Length = utf8Length
  }

  /**
   * Appends the texts of that many frames, with headers of two octets, from `start` to `end`. Returns where it stopped: at the
   * end, or before a text that is not UTF-8.
   */
  take(bytes: Uint8Array, start: number, end: number, frames: number, into: Texts): number {
    let place = into.length
    if (frames === 1) {
      this.end = end
      this.oneByOne(bytes, start, into, place)
      return this.end
    }
    // Grows the array once: growing it with each text costs as much as the texts do.
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

  // Each of these writes texts from `place` on, and returns how many.

  /** None if anything is not ASCII. */
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
    // If the last frame does not fit into the run, its first octet still does.
    const headers = at < stop ? taken + 1 : taken
    this.isAscii = this.utf8Length(run) - run.length === headers
    return this.isAscii ? taken : 0
  }

  /** None if anything is not UTF-8, if a text holds a separator, or if there is only one text. */
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
    // There is no text before the first separator.
    const texts = run?.split(separator)
    if (texts?.length !== frames + 1) return 0
    for (let i = 0; i < frames; i++) into[place + i] = texts[i + 1]!
    return frames
  }

  /** Decodes each text alone, to the end of the run. A text that is not UTF-8 moves that end before itself. */
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
 * Two different characters, so no text can form another separator together with one next to it. ASCII, so it ends any character
 * that a text has cut off. If a text holds a separator, the count of texts is wrong.
 */
const separator = "\0\x01"

/** Used only within one call. */
const scratch = new Uint8Array(ShortTexts.maxLength)
