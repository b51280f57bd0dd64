/**
 * Decodes a text as it arrives: each piece becomes the text that it completes, no character is split, and a byte that cannot
 * continue the text is found in the piece that brings it (RFC 6455 §8.1). `TextPayload` collects a whole text.
 */
import type { Platform } from "./Platform.ts"
import * as Utf8 from "./Utf8.ts"

export class Utf8Decoder {
  private readonly platform: Platform
  /** The beginning of a character that the pieces so far have cut off: at most three bytes, well-formed so far. */
  private cut: Uint8Array = empty

  constructor(platform: Platform) {
    this.platform = platform
  }

  /**
   * The text that this piece completes; undefined if it is not UTF-8, or if it is the `last` piece and ends inside a character.
   */
  take(bytes: Uint8Array, start: number, end: number, last: boolean): string | undefined {
    if (this.cut.length > 0 && start < end) return this.takeBehindCut(bytes, start, end, last)
    const boundary = Utf8.lastBoundary(bytes, start, end)
    const state = this.platform.validateUtf8(Utf8.accept, bytes, boundary, end)
    const to = state === Utf8.accept ? end : boundary
    const text = this.platform.decodeUtf8(bytes, start, to)
    if (state === Utf8.reject || text === undefined) return undefined
    // A Node Buffer's `slice` would be a view of the read.
    if (to < end) this.cut = new Uint8Array(bytes.subarray(to, end))
    return last && this.cut.length > 0 ? undefined : text
  }

  private takeBehindCut(bytes: Uint8Array, start: number, end: number, last: boolean): string | undefined {
    const whole = new Uint8Array(this.cut.length + end - start)
    whole.set(this.cut)
    whole.set(bytes.subarray(start, end), this.cut.length)
    this.cut = empty
    return this.take(whole, 0, whole.length, last)
  }
}

const empty = new Uint8Array(0)
