/**
 * The fast path for short messages: consecutive whole, unmasked frames of one kind in a read are taken together. The result is
 * the same as that of `MessageAssembler.take`, one by one. This path stops before any frame that is not plainly legal, so every
 * failure is found by `take`.
 *
 * Messages may share memory with their neighbours, and keep it alive: 1 KiB of text; 4 KiB of short binary messages, 16 KiB of
 * longer ones. Where binary messages of 1 KiB and more fill half of the read's memory, they are not copied, but are views of
 * it.
 */
import type { Room } from "./Assembler.ts"
import type { FrameDecoder } from "./FrameDecoder.ts"
import type { Platform } from "./Platform.ts"
import { ShortTexts } from "./ShortTexts.ts"

type Messages = Array<string | Uint8Array>

export class MessageRun {
  /** It takes no longer messages, so it checks no limits: with smaller limits it is not used. */
  static readonly maxPayload = 0x1000

  private readonly shortTexts: ShortTexts
  private readonly decodeUtf8: Platform["decodeUtf8"]
  private readonly allocate: Platform["allocate"]
  /** Where the frames of the current run end. */
  private end = 0

  /** Undefined on a platform that decodes a run no faster than one message at a time. */
  static of(platform: Platform): MessageRun | undefined {
    return platform.decodesRuns ? new MessageRun(platform) : undefined
  }

  private constructor(platform: Platform) {
    this.shortTexts = new ShortTexts(platform)
    this.decodeUtf8 = platform.decodeUtf8
    this.allocate = platform.allocate
  }

  /** Appends the messages of the run at the cursor and moves the cursor past them. Returns how many there were. */
  take(decoder: FrameDecoder, into: Messages, room: Room): number {
    const before = into.length
    const { bytes, end: start } = decoder
    if (bytes[start] === finText) this.texts(bytes, start, into, room)
    else if (bytes[start] === finBinary) this.binaries(decoder, start, into, room)
    const taken = into.length - before
    if (taken === 0) return 0
    for (let i = before; i < into.length; i++) room.bytes -= into[i]!.length
    room.messages -= taken
    decoder.skip(this.end, taken)
    return taken
  }

  private texts(bytes: Uint8Array, start: number, into: Messages, room: Room): void {
    if (bytes[start + 1]! > maxLength7) return this.longTexts(bytes, start, into, room)
    const frames = this.find(bytes, start, finText, 0, maxLength7, bytes.length, room)
    if (frames > 0) this.end = this.shortTexts.take(bytes, start, this.end, frames, into)
  }

  /** Texts that are long enough for a string each. Stops before one that is not UTF-8. */
  private longTexts(bytes: Uint8Array, start: number, into: Messages, room: Room): void {
    this.find(bytes, start, finText, maxLength7 + 1, MessageRun.maxPayload, bytes.length, room)
    for (let at = start; at < this.end; ) {
      const from = at + 4
      const to = from + payloadLength(bytes, at)
      const text = this.decodeUtf8(bytes, from, to)
      if (text === undefined) this.end = at
      else into.push(text)
      at = to
    }
  }

  private binaries(decoder: FrameDecoder, start: number, into: Messages, room: Room): void {
    const { bytes } = decoder
    const length = payloadLength(bytes, start)
    if (length >= viewFrom) {
      const frames = this.find(bytes, start, finBinary, viewFrom, MessageRun.maxPayload, bytes.length, room)
      if ((this.end - start) * 2 >= bytes.buffer.byteLength) {
        decoder.kept = true
        return this.give(bytes, start, bytes.subarray(start, this.end), frames, into)
      }
    }
    if (length <= ownBytes) {
      const frames = this.find(bytes, start, finBinary, 0, ownBytes, bytes.length, room)
      return this.give(bytes, start, undefined, frames, into)
    }
    const frames =
      length <= maxLength7
        ? this.find(bytes, start, finBinary, ownBytes + 1, maxLength7, smallRun, room)
        : this.find(bytes, start, finBinary, maxLength7 + 1, MessageRun.maxPayload, largeRun, room)
    this.give(bytes, start, frames > 1 ? this.copy(bytes, start) : undefined, frames, into)
  }

  /** `memory` holds the run; if it is undefined, each message gets its own memory. */
  private give(bytes: Uint8Array, start: number, memory: Uint8Array | undefined, frames: number, into: Messages): void {
    let place = into.length
    if (frames > fewFrames) into.length += frames
    for (let at = start; at < this.end; ) {
      const from = at + (bytes[at + 1]! <= maxLength7 ? 2 : 4)
      const to = from + payloadLength(bytes, at)
      into[place++] =
        memory === undefined
          ? slice.call(bytes, from, to)
          : new Uint8Array(memory.buffer, memory.byteOffset + from - start, to - from)
      at = to
    }
  }

  private copy(bytes: Uint8Array, start: number): Uint8Array {
    const copy = this.allocate(this.end - start)
    copy.set(bytes.subarray(start, this.end))
    return copy
  }

  /** Counts the frames that begin with `first`, have `least` to `most` bytes and are within `span`; sets `this.end`. */
  private find(
    bytes: Uint8Array,
    start: number,
    first: number,
    least: number,
    most: number,
    span: number,
    room: Room
  ): number {
    const stop = Math.min(bytes.length, start + span)
    let bytesLeft = room.bytes
    let frames = 0
    let at = start
    while (frames < room.messages && bytesLeft > 0 && at + 2 <= stop && bytes[at] === first) {
      const length = payloadLength(bytes, at)
      const next = at + (length <= maxLength7 ? 2 : 4) + length
      if (!(length >= least && length <= most && next <= stop)) break
      bytesLeft -= length
      at = next
      frames += 1
    }
    this.end = at
    return frames
  }
}

/** The payload length of a short header at `at` in its shortest form (RFC 6455 §5.2); otherwise -1. */
const payloadLength = (bytes: Uint8Array, at: number): number => {
  const length7 = bytes[at + 1]!
  if (length7 <= maxLength7) return length7
  const length = length7 === length16 ? (bytes[at + 2]! << 8) | bytes[at + 3]! : -1
  return length > maxLength7 ? length : -1
}

/** FIN and the opcode (RFC 6455 §5.2): a whole message, uncompressed. */
const finText = 0x81
const finBinary = 0x82
const maxLength7 = 125
const length16 = 126

/** For more than this, the array grows once: growing with each message costs more. */
const fewFrames = 64

/** Up to this many bytes, an array costs less than a view of a shared one: V8 keeps it in its own heap. */
const ownBytes = 64
const smallRun = 0x1000
const largeRun = 0x4000

/** Shorter messages would keep too much alive: a read is up to 128 KiB. */
const viewFrom = 0x400

/** A Node Buffer's own would be a view of the read. */
const { slice } = Uint8Array.prototype
