/**
 * The frame encoder: messages and control payloads in, bytes to write out (RFC 6455 §5.2, §5.3).
 *
 * Small frames go one after the other into a buffer, so many sends become one write: string bytes go right after their header
 * and are masked in place. `encode` is the plain form, with one array per frame.
 */
import * as FrameHeader from "./FrameHeader.ts"
import * as Opcode from "./Opcode.ts"
import type { Platform } from "./Platform.ts"
import * as SpareBuffers from "./SpareBuffers.ts"

/** One frame as one array: the readable form, which the encoder is tested against. */
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
  /** Finished arrays, in order; the open buffer's bytes come after them. Undefined while there are none. */
  private chunks: Array<Uint8Array> | undefined
  private buffer: Uint8Array = empty
  /** The memory of the last large frame, for the next one if that comes before the memory is collected. */
  private large: WeakRef<Uint8Array> | undefined
  /** The same, while it may still be waiting to be written. */
  private largeTaken: WeakRef<Uint8Array> | undefined
  private start = 0
  private end = 0
  /** Whether anything was taken since the last `recycle`. */
  private taken = false
  /** Bytes encoded and not taken yet. */
  pendingBytes = 0
  /** Bytes encoded lately, in any buffer: each `recycle` halves the earlier ones. */
  private used = 0
  /** How many frames were encoded, and how many of them end a message. */
  frames = 0
  messages = 0

  constructor(platform: Platform, maskingKey: (() => number) | undefined) {
    this.platform = platform
    this.maskingKey = maskingKey
  }

  /** A well-formed string as one frame. */
  text(message: string, opcode: Opcode.Opcode = Opcode.text): void {
    const key = this.maskingKey?.()
    if (message.length <= shortText && this.shortAscii(message, opcode, key)) return
    const most = message.length < countFrom ? message.length * 3 : this.platform.utf8Length(message)
    this.reserve(most)
    const guess = this.headerLength(message.length < countFrom ? message.length : most)
    const length = this.platform.encodeUtf8(message, this.buffer, this.end + guess)
    const header = this.headerLength(length)
    // Not ASCII, and just long enough for a longer header: make room.
    if (header !== guess) {
      this.buffer.copyWithin(this.end + header, this.end + guess, this.end + guess + length)
    }
    const start = FrameHeader.encode(this.buffer, this.end, true, false, opcode, length, key)
    if (key !== undefined) this.platform.mask(key, this.buffer, start, start + length)
    this.advance(start + length, true)
  }

  /** Like `text`, in one pass over the units. Returns false and does nothing if they are not all ASCII. */
  private shortAscii(message: string, opcode: Opcode.Opcode, key: number | undefined): boolean {
    const { length } = message
    this.reserve(length)
    const { buffer } = this
    const start = FrameHeader.encode(buffer, this.end, true, false, opcode, length, key)
    let units = 0
    let mask = key ?? 0
    for (let i = 0; i < length; i++) {
      const unit = message.charCodeAt(i)
      // Rotates the next octet into the low eight bits, which are all that the buffer keeps.
      mask = (mask << 8) | (mask >>> 24)
      buffer[start + i] = unit ^ mask
      units |= unit
    }
    if (units > 0x7f) return false
    this.advance(start + length, true)
    return true
  }

  /** Bytes as one frame; copied before this returns. */
  frame(opcode: Opcode.Opcode, payload: Uint8Array, fin = true, rsv1 = false): void {
    const key = this.maskingKey?.()
    this.reserve(payload.length)
    const start = FrameHeader.encode(this.buffer, this.end, fin, rsv1, opcode, payload.length, key)
    this.buffer.set(payload, start)
    if (key !== undefined) this.platform.mask(key, this.buffer, start, start + payload.length)
    this.advance(start + payload.length, fin && !Opcode.isControl(opcode))
  }

  /** Whether all that was encoded has been taken, and not recycled yet. */
  get isTaken(): boolean {
    return this.taken && this.pendingBytes === 0
  }

  /**
   * Everything encoded so far, in order. The arrays stay as they are until `recycle`. A buffer for one large frame belongs to
   * the caller: an encoder that is not used any more would hold it for ever.
   */
  take(): Array<Uint8Array> {
    this.closeChunk()
    if (this.buffer.length > largestBuffer) {
      this.largeTaken = new WeakRef(this.buffer)
      this.begin(empty)
    }
    const { chunks } = this
    this.chunks = undefined
    this.pendingBytes = 0
    this.taken = true
    return chunks ?? []
  }

  /**
   * Everything taken has been written: the buffer is free again. Call only while `isTaken`. A buffer that is much larger than
   * what was written lately is dropped. A single write does not count: a burst that fills one often leaves a rest for another
   * before the next burst comes.
   */
  recycle(): void {
    const size = this.buffer.length
    this.taken = false
    this.large = this.largeTaken ?? this.large
    this.largeTaken = undefined
    this.begin(size > smallBuffer && this.used * 8 < size ? empty : this.buffer)
    this.used = Math.floor(this.used / 2)
  }

  /**
   * Like `recycle`, and lends the first buffer to the next encoder that needs one. Call only when it is certain that nobody
   * will read it: what others write there must never leave through this connection.
   */
  giveBack(): void {
    this.recycle()
    if (this.buffer.length !== SpareBuffers.bytes) return
    SpareBuffers.giveBack(this.buffer)
    this.begin(empty)
  }

  /** Nothing will be written any more: drops what was not taken, and all memory. */
  release(): void {
    this.chunks = undefined
    this.pendingBytes = 0
    this.taken = false
    this.begin(empty)
  }

  private begin(buffer: Uint8Array): void {
    this.buffer = buffer
    this.start = 0
    this.end = 0
  }

  /** A frame was written up to `end`. */
  private advance(end: number, endsMessage: boolean): void {
    this.pendingBytes += end - this.end
    this.used += end - this.end
    this.end = end
    this.frames += 1
    if (endsMessage) this.messages += 1
  }

  private headerLength(payloadLength: number): number {
    return FrameHeader.encodedLength(payloadLength, this.maskingKey !== undefined)
  }

  /** Makes room for a frame of at most this many payload bytes. */
  private reserve(payloadLength: number): void {
    const size = payloadLength + this.headerLength(payloadLength)
    if (this.buffer.length - this.end >= size) return
    this.closeChunk()
    // Taken bytes may still wait in the transport, so a full buffer is left to it and a new one begun.
    this.begin(this.bufferFor(size))
  }

  private bufferFor(size: number): Uint8Array {
    if (this.buffer === empty && size <= SpareBuffers.bytes) return SpareBuffers.lend(this.platform.allocate)
    return this.largeFor(size) ?? this.platform.allocate(this.grown(size))
  }

  private grown(size: number): number {
    return Math.max(Math.min(this.buffer.length * 4, largestBuffer), size)
  }

  /** Memory to use again, for a frame that is too large to share a buffer. */
  private largeFor(size: number): Uint8Array | undefined {
    if (size <= largestBuffer) return undefined
    const large = this.large?.deref()
    this.large = undefined
    return large !== undefined && large.length >= size ? large : undefined
  }

  private closeChunk(): void {
    if (this.end === this.start) return
    const chunk = this.buffer.subarray(this.start, this.end)
    if (this.chunks === undefined) this.chunks = [chunk]
    else this.chunks.push(chunk)
    this.start = this.end
  }
}

/** Up to this length a loop costs less than calling the platform (docs/performance.md). */
const shortText = 24

/** Below this length, three bytes for each UTF-16 unit are reserved; from it on, the bytes are counted first. */
const countFrom = 0x1000

/**
 * The buffer grows with use: an idle connection holds none, a quiet one is lent 1 KiB for each write, a busy one keeps 128 KiB,
 * room for two writes of the transport's high-water mark. Memory is used again because fresh memory costs more than filling it.
 */
const smallBuffer = 0x2000
const largestBuffer = 0x20000

const empty = new Uint8Array(0)
