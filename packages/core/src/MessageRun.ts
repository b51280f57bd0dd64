/**
 * The fast lane for short messages: runs of whole, unmasked frames of one kind that lie one behind the other in a read
 * are decoded together. It gives what `MessageAssembler` would, and where it is not sure it stops in front of the frame, so
 * that all else, and every failure, is left to the plain way.
 *
 *     81 05 h e l l o 81 05 w o r l d      one text of 14 characters, cut into "hello" and "world"
 *
 * A text is ASCII when no octet of it has its top bit set. In such a run each frame has exactly one octet that does, its
 * first: so the run is ASCII when it has as many of them as frames.
 *
 * What is cut from a run keeps the run alive, so runs are short: 1 KiB of text, 4 or 16 KiB of bytes.
 */
import type { FrameDecoder } from "./FrameDecoder.ts"
import type { Platform } from "./Platform.ts"

/** How much may be given, as `Endpoint.Room`. */
interface Room {
  messages: number
  bytes: number
}

export class MessageRun {
  /** No message that it gives is longer: limits below that are the plain way's business. */
  static readonly maxPayload = 0x1000

  private readonly decodeLatin1: (bytes: Uint8Array, start: number, end: number) => string
  private readonly decodeUtf8: Platform["decodeUtf8"]
  private readonly allocate: Platform["allocate"]
  /** Where the frames of the current run end. */
  private end = 0

  /** Undefined on a platform that has no way to decode a run at once. */
  static of(platform: Platform): MessageRun | undefined {
    return platform.decodeLatin1 && new MessageRun(platform, platform.decodeLatin1)
  }

  private constructor({ allocate, decodeUtf8 }: Platform, decodeLatin1: MessageRun["decodeLatin1"]) {
    this.decodeLatin1 = decodeLatin1
    this.decodeUtf8 = decodeUtf8
    this.allocate = allocate
  }

  /** Appends the messages of the run at the cursor and moves it behind them. Answers how many there were. */
  take(decoder: FrameDecoder, into: Array<string | Uint8Array>, room: Room): number {
    const first = decoder.bytes[decoder.end]
    if (first !== finText && first !== finBinary) return 0
    const frames = first === finText ? this.texts(decoder, into, room) : this.binaries(decoder, into, room)
    if (frames > 0) decoder.skip(this.end, frames)
    return frames
  }

  private texts(decoder: FrameDecoder, into: Array<string | Uint8Array>, room: Room): number {
    const { bytes, end: start } = decoder
    const frames = this.scan(bytes, start, finText, 0, maxLength7, textRun, room)
    if (frames === 0) return 0
    if (topBits(decoder, start, this.end) !== frames) return this.textsOneByOne(bytes, start, into, room)
    const run = this.decodeLatin1(bytes, start, this.end)
    for (let at = 0; at < run.length; ) {
      const length = run.charCodeAt(at + 1)
      into.push(run.slice(at + 2, at + 2 + length))
      room.bytes -= length
      at += 2 + length
    }
    room.messages -= frames
    return frames
  }

  /** Stops in front of what is no UTF-8. */
  private textsOneByOne(bytes: Uint8Array, start: number, into: Array<string | Uint8Array>, room: Room): number {
    let frames = 0
    let at = start
    while (at < this.end) {
      const next = at + 2 + bytes[at + 1]!
      const message = this.decodeUtf8(bytes, at + 2, next)
      if (message === undefined) break
      into.push(message)
      room.bytes -= message.length
      frames += 1
      at = next
    }
    this.end = at
    room.messages -= frames
    return frames
  }

  private binaries({ bytes, end: start }: FrameDecoder, into: Array<string | Uint8Array>, room: Room): number {
    const length = bytes[start + 1]!
    const frames =
      length <= ownBytes
        ? this.scan(bytes, start, finBinary, 0, ownBytes, textRun, room)
        : this.scan(
            bytes,
            start,
            finBinary,
            ownBytes + 1,
            MessageRun.maxPayload,
            length < length16 ? smallRun : largeRun,
            room
          )
    const copy = length <= ownBytes || frames < 2 ? undefined : this.copy(bytes, start)
    for (let i = 0, at = start; i < frames; i++) {
      const from = at + (bytes[at + 1]! < length16 ? 2 : 4)
      at = from + payloadLength(bytes, at)
      into.push(copy ? new Uint8Array(copy.buffer, from - start, at - from) : slice.call(bytes, from, at))
      room.bytes -= at - from
    }
    room.messages -= frames
    return frames
  }

  private copy(bytes: Uint8Array, start: number): Uint8Array {
    const copy = this.allocate(this.end - start)
    copy.set(bytes.subarray(start, this.end))
    return copy
  }

  /** Counts the frames that begin with `first`, have `least` to `most` bytes and lie within `run`; `this.end` is theirs. */
  private scan(
    bytes: Uint8Array,
    start: number,
    first: number,
    least: number,
    most: number,
    run: number,
    room: Room
  ): number {
    const stop = Math.min(bytes.length, start + run)
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

/** What the header at `at` announces, where it is a short one in its shortest form (RFC 6455 §5.2); else -1. */
const payloadLength = (bytes: Uint8Array, at: number): number => {
  const length7 = bytes[at + 1]!
  if (length7 <= maxLength7) return length7
  const length = length7 === length16 ? (bytes[at + 2]! << 8) | bytes[at + 3]! : -1
  return length > maxLength7 ? length : -1
}

/** FIN and the opcode (RFC 6455 §5.2): a whole message that nothing was done to. */
const finText = 0x81
const finBinary = 0x82
const maxLength7 = 125
const length16 = 126

/** So many octets at most, that the sums of `topBits` fit: 255 words. */
const textRun = 0x3fc

/** Up to here an array of its own costs less than a part of a shared one: V8 keeps it in its own heap. */
const ownBytes = 64
const smallRun = 0x1000
const largeRun = 0x4000

/** A Node Buffer's own would be a view of the read. */
const { slice } = Uint8Array.prototype
