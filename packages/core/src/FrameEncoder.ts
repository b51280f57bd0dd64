/**
 * The frame encoder: messages and control payloads in, bytes to write out (RFC 6455 §5.2, §5.3).
 *
 * Small frames are laid one behind the other into a buffer, so that many sends become one write: string bytes go
 * straight behind their header and are masked in place. A large payload gets an array of its own. `encode` is the
 * same in its plain form, one array per frame.
 */
import * as FrameHeader from "./FrameHeader.ts"
import * as Opcode from "./Opcode.ts"
import type { Platform } from "./Platform.ts"

/** One frame as one array: the form to read, and the one that the encoder is tested against. */
export const encode = (
  frame: {
    readonly fin?: boolean
    readonly rsv1?: boolean
    readonly opcode: Opcode.Opcode
    readonly payload: Uint8Array
    /** Undefined in the server role. */
    readonly maskingKey?: number | undefined
  },
  mask: Platform["mask"]
): Uint8Array => {
  const { fin = true, maskingKey, opcode, payload, rsv1 = false } = frame
  const bytes = new Uint8Array(FrameHeader.encodedLength(payload.length, maskingKey !== undefined) + payload.length)
  const start = FrameHeader.encode(bytes, 0, fin, rsv1, opcode, payload.length, maskingKey)
  bytes.set(payload, start)
  if (maskingKey !== undefined) mask(maskingKey, bytes, start, bytes.length)
  return bytes
}

export class FrameEncoder {
  private readonly platform: Platform
  /** A fresh key for each frame in the client role, undefined in the server's (RFC 6455 §5.3). */
  private readonly maskingKey: (() => number) | undefined
  /** The longest header that stands in the shared buffer. */
  private readonly headerBytes: number
  /** Finished arrays, in order; the open buffer's bytes come after them. */
  private chunks: Array<Uint8Array> = []
  private buffer: Uint8Array = empty
  private start = 0
  private end = 0
  /** Bytes encoded and not taken yet. */
  pendingBytes = 0

  constructor(platform: Platform, maskingKey: (() => number) | undefined) {
    this.platform = platform
    this.maskingKey = maskingKey
    this.headerBytes = FrameHeader.encodedLength(largeFrom, maskingKey !== undefined)
  }

  /** A well-formed string as one text frame. */
  text(message: string): void {
    const most = message.length * 3
    if (most + this.headerBytes > largeFrom) return this.longText(message)
    this.reserve(most + this.headerBytes)
    const guess = FrameHeader.encodedLength(message.length, this.maskingKey !== undefined)
    const length = this.platform.encodeUtf8(message, this.buffer, this.end + guess)
    const header = FrameHeader.encodedLength(length, this.maskingKey !== undefined)
    // Not ASCII, and just long enough for a longer header: make room.
    if (header !== guess) {
      this.buffer.copyWithin(this.end + header, this.end + guess, this.end + guess + length)
    }
    this.seal(Opcode.text, length)
  }

  /** Bytes as one frame; copied before this returns. */
  frame(opcode: Opcode.Opcode, payload: Uint8Array): void {
    const size = this.headerBytes + payload.length
    if (size > largeFrom) {
      const { bytes, start } = this.large(opcode, payload.length)
      bytes.set(payload, start)
      return this.sealLarge(bytes, start)
    }
    this.reserve(size)
    const header = FrameHeader.encodedLength(payload.length, this.maskingKey !== undefined)
    this.buffer.set(payload, this.end + header)
    this.seal(opcode, payload.length)
  }

  /** Everything encoded so far, in order. The arrays stay as they are until `recycle`. */
  take(): Array<Uint8Array> {
    this.closeChunk()
    const chunks = this.chunks
    this.chunks = []
    this.pendingBytes = 0
    return chunks
  }

  /** All that was taken has been written: the buffer is free again. Call only when nothing is pending. */
  recycle(): void {
    this.start = 0
    this.end = 0
  }

  private longText(message: string): void {
    const { bytes, start } = this.large(Opcode.text, this.platform.utf8Length(message))
    this.platform.encodeUtf8(message, bytes, start)
    this.sealLarge(bytes, start)
  }

  /** An array of its own, its header written. */
  private large(opcode: Opcode.Opcode, length: number): { bytes: Uint8Array; start: number } {
    const key = this.maskingKey?.()
    const bytes = new Uint8Array(FrameHeader.encodedLength(length, key !== undefined) + length)
    return { bytes, start: FrameHeader.encode(bytes, 0, true, false, opcode, length, key) }
  }

  private sealLarge(bytes: Uint8Array, start: number): void {
    if (this.maskingKey !== undefined) {
      const key = new DataView(bytes.buffer).getUint32(start - 4)
      this.platform.mask(key, bytes, start, bytes.length)
    }
    this.closeChunk()
    this.chunks.push(bytes)
    this.pendingBytes += bytes.length
  }

  /** The payload stands where its header will end: writes the header in front and masks. */
  private seal(opcode: Opcode.Opcode, length: number): void {
    const key = this.maskingKey?.()
    const start = FrameHeader.encode(this.buffer, this.end, true, false, opcode, length, key)
    if (key !== undefined) this.platform.mask(key, this.buffer, start, start + length)
    this.pendingBytes += start + length - this.end
    this.end = start + length
  }

  private reserve(size: number): void {
    if (this.buffer.length - this.end >= size) return
    this.closeChunk()
    // Taken bytes may still wait in the transport, so a full buffer is left to it and a new one begun.
    this.buffer = new Uint8Array(Math.max(Math.min(this.buffer.length * 4, largestBuffer), smallestBuffer, size))
    this.start = 0
    this.end = 0
  }

  private closeChunk(): void {
    if (this.end === this.start) return
    this.chunks.push(this.buffer.subarray(this.start, this.end))
    this.start = this.end
  }
}

/** From this frame size on, a copy into the shared buffer costs more than an array of its own. */
const largeFrom = 0x4000

/** The buffer grows with use: an idle connection holds none, a quiet one 1 KiB, a busy one 64 KiB. */
const smallestBuffer = 0x400
const largestBuffer = 0x10000

const empty = new Uint8Array(0)
