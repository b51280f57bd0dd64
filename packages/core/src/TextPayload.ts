/**
 * The payload of a text message that comes in pieces, decoded as it comes: each byte is validated when it arrives, so the first
 * one that cannot continue fails the message (RFC 6455 §8.1), and no copy of the whole is ever made.
 *
 * Large pieces are decoded in place; small ones are merged first, so a message of tiny fragments takes about its own size.
 */
import { PayloadBuffer } from "./PayloadBuffer.ts"
import type { Platform } from "./Platform.ts"
import * as Utf8 from "./Utf8.ts"

export class TextPayload {
  /** Bytes so far. */
  length = 0
  private readonly platform: Platform
  private text = ""
  /** What the bytes so far demand of the next one. */
  private state: Utf8.State = Utf8.accept
  /** Valid bytes that are not yet in `text`. */
  private readonly pending: PayloadBuffer

  constructor(platform: Platform) {
    this.platform = platform
    this.pending = new PayloadBuffer(platform.allocate)
  }

  /** Takes the piece; returns false if a byte of it cannot continue the text. */
  append(bytes: Uint8Array, start: number, end: number): boolean {
    this.length += end - start
    if (end - start < decodeFrom) return this.keep(bytes, start, end)
    // Complete the code point that the pieces before began, decode all whole ones, keep the one that is cut off.
    const from = Utf8.boundaryAfter(this.state, bytes, start)
    const to = Utf8.lastBoundary(bytes, from, end)
    if (!this.keep(bytes, start, from)) return false
    this.decodePending()
    const text = this.platform.decodeUtf8(bytes, from, to)
    if (text === undefined) return false
    this.text += text
    return this.keep(bytes, to, end)
  }

  /** Returns the text and starts over; undefined if its last code point is incomplete. */
  take(): string | undefined {
    if (this.state !== Utf8.accept) return undefined
    this.decodePending()
    this.pending.clear()
    const text = this.text
    this.text = ""
    this.length = 0
    return text
  }

  private keep(bytes: Uint8Array, start: number, end: number): boolean {
    this.state = this.platform.validateUtf8(this.state, bytes, start, end)
    if (this.state === Utf8.reject) return false
    this.pending.append(bytes, start, end, Infinity)
    if (this.state === Utf8.accept && this.pending.length >= decodeFrom) this.decodePending()
    return true
  }

  private decodePending(): void {
    if (this.pending.length === 0) return
    this.text += this.platform.decodeUtf8(this.pending.view(), 0, this.pending.length)
    this.pending.rewind()
  }
}

/** From this many bytes on, joining a piece's string costs less memory than the string itself. */
const decodeFrom = 0x1000
