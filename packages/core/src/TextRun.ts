/**
 * Short texts that lie one behind the other, decoded together: one string for all of them, cut into its messages.
 *
 *     81 05 h e l l o 81 05 w o r l d      "hello" and "world" behind a separator each, cut or split there
 *
 * In a copy of the run a separator takes the place of each header, so that all of it is UTF-8 when each text is. Where it is
 * ASCII, octets and characters are the same, and the headers say where to cut; elsewhere it is split at the separators.
 * One by one is the plain way, and finds the message that is not UTF-8.
 */
import type { Platform } from "./Platform.ts"

export class TextRun {
  /** So many octets at most: what is cut from a run keeps all of it alive. */
  static readonly maxLength = 0x400

  private readonly decodeUtf8: Platform["decodeUtf8"]

  constructor({ decodeUtf8 }: Platform) {
    this.decodeUtf8 = decodeUtf8
  }

  /**
   * Appends the texts of so many frames, with headers of two octets, that lie from `start` to `end`. Answers where it
   * stopped: at the end, or in front of what is not UTF-8.
   */
  take(bytes: Uint8Array, start: number, end: number, frames: number, into: Array<string | Uint8Array>): number {
    if (frames === 1) return this.oneByOne(bytes, start, end, into)
    const run = this.decode(bytes, start, end)
    if (run?.length === end - start) return this.cut(bytes, start, end, run, into)
    // The first separator has no text in front of it.
    const texts = run?.split(separator)
    if (texts?.length !== frames + 1) return this.oneByOne(bytes, start, end, into)
    for (let i = 1; i < texts.length; i++) into.push(texts[i]!)
    return end
  }

  /** Undefined when something is not UTF-8. */
  private decode(bytes: Uint8Array, start: number, end: number): string | undefined {
    scratch.set(bytes.subarray(start, end))
    for (let at = start; at < end; at += 2 + bytes[at + 1]!) {
      scratch[at - start] = separator.charCodeAt(0)
      scratch[at - start + 1] = separator.charCodeAt(1)
    }
    return this.decodeUtf8(scratch, 0, end - start)
  }

  private cut(bytes: Uint8Array, start: number, end: number, run: string, into: Array<string | Uint8Array>): number {
    for (let at = start; at < end; ) {
      const next = at + 2 + bytes[at + 1]!
      into.push(run.slice(at + 2 - start, next - start))
      at = next
    }
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
}

/**
 * Two different characters, so that no text can make one together with a separator that follows or goes before. ASCII, so
 * that it ends whatever character a text has cut off. A text that holds one shows in their number.
 */
const separator = "\0\x01"

/** Used within one call. */
const scratch = new Uint8Array(TextRun.maxLength)
