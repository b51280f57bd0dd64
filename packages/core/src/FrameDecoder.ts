/**
 * The frame decoder: network reads in, pieces of frames out (RFC 6455 §5.2, §5.4).
 *
 * A piece is a part of one frame's payload that lies in one read. The decoder is a cursor over the pieces: it
 * allocates nothing per frame and copies nothing but headers that straddle two reads. It knows which header is legal
 * next; limits are `Intake`'s business, payloads an `Assembler`'s.
 */
import * as FrameHeader from "./FrameHeader.ts"
import * as Masking from "./Masking.ts"
import { type NeedMore, needMore } from "./NeedMore.ts"
import * as Opcode from "./Opcode.ts"
import type { Platform } from "./Platform.ts"
import type { ProtocolViolation } from "./ProtocolViolation.ts"

export class FrameDecoder {
  /** The frame that the current piece belongs to. */
  readonly header: FrameHeader.FrameHeader = FrameHeader.make()
  /** The current piece: `bytes` from `start` to `end`, already unmasked. */
  bytes: Uint8Array = empty
  start = 0
  end = 0
  /** The piece begins its frame. */
  first = false
  /** The piece ends its frame. */
  last = true
  /** Payload bytes of the frame that come after the current piece. */
  remaining = 0
  /** Messages were given that are views of the read: its memory is theirs. The next read starts over. */
  kept = false
  /** How many headers came. */
  frames = 0

  /** What `FrameHeader.decode` may expect; `fragmented` follows the frames. */
  private readonly expected: { role: "client" | "server"; rsv1: boolean; fragmented: boolean }
  private readonly mask: Platform["mask"]
  /** The start of a header that the last read did not finish. */
  private straddling: Uint8Array = empty
  private straddled = 0

  constructor(options: { role: "client" | "server"; rsv1: boolean; mask: Platform["mask"] }) {
    this.expected = { role: options.role, rsv1: options.rsv1, fragmented: false }
    this.mask = options.mask
  }

  /** Takes the next read. The one before has been read to its end. */
  push(chunk: Uint8Array): void {
    this.kept = false
    this.moveTo(chunk)
  }

  private moveTo(chunk: Uint8Array): void {
    this.bytes = chunk
    this.start = 0
    this.end = 0
  }

  /**
   * Moves to the next piece and answers the decoder; or NeedMore at the end of the read; or the rule that is broken,
   * and after that nothing more may be asked.
   */
  next(): this | NeedMore | ProtocolViolation {
    if (!this.last) return this.nextPiece(this.end, false)
    const answer =
      this.straddled === 0
        ? FrameHeader.decode(this.header, this.bytes, this.end, this.bytes.length, this.expected)
        : this.decodeStraddling()
    if (answer !== this.header) {
      if (answer === needMore) this.keepHeader()
      return answer as NeedMore | ProtocolViolation
    }
    this.frames += 1
    if (!Opcode.isControl(answer.opcode)) this.expected.fragmented = !answer.fin
    this.remaining = answer.payloadLength
    return this.nextPiece(this.end + answer.byteLength, true)
  }

  /** Makes the current piece no longer than `length`: the rest of it comes as the next one. */
  shorten(length: number): void {
    const rest = this.end - this.start - length
    if (rest <= 0) return
    this.end -= rest
    this.remaining += rest
    this.last = false
    if (this.expected.role !== "server") return
    // The rest will be unmasked as a piece of its own, with the key as it was where it begins.
    this.header.maskingKey = Masking.rotate(this.header.maskingKey, 4 - (rest & 3))
    this.mask(this.header.maskingKey, this.bytes, this.end, this.end + rest)
  }

  /** A message may begin at `end`, in a frame that is not masked. */
  get isBetweenMessages(): boolean {
    return this.last && this.straddled === 0 && !this.expected.fragmented && this.expected.role === "client"
  }

  /** So many frames, up to there, were taken out of the read by other means. */
  skip(end: number, frames: number): void {
    this.end = end
    this.frames += frames
  }

  /** Lets go of the read: nothing of it is needed any more. */
  release(): void {
    this.moveTo(empty)
  }

  /** A header's first piece comes at once, even when it is empty: limits are checked before the payload arrives. */
  private nextPiece(start: number, first: boolean): this | NeedMore {
    const end = Math.min(start + this.remaining, this.bytes.length)
    if (end === start && !first) return needMore
    this.first = first
    this.start = start
    this.end = end
    this.remaining -= end - start
    this.last = this.remaining === 0
    if (this.expected.role === "server") this.unmask()
    return this
  }

  private unmask(): void {
    this.mask(this.header.maskingKey, this.bytes, this.start, this.end)
    this.header.maskingKey = Masking.rotate(this.header.maskingKey, this.end - this.start)
  }

  private keepHeader(): void {
    if (this.end === this.bytes.length) return
    if (this.straddling === empty) this.straddling = new Uint8Array(FrameHeader.maxByteLength)
    for (let i = this.end; i < this.bytes.length; i++) this.straddling[this.straddled++] = this.bytes[i]!
    this.end = this.bytes.length
  }

  /** Feeds the unfinished header byte by byte; `end` comes to stand `byteLength` before the payload. */
  private decodeStraddling(): FrameHeader.FrameHeader | NeedMore | ProtocolViolation {
    while (this.end < this.bytes.length) {
      this.straddling[this.straddled++] = this.bytes[this.end++]!
      const answer = FrameHeader.decode(this.header, this.straddling, 0, this.straddled, this.expected)
      if (answer === needMore) continue
      this.straddled = 0
      this.end -= this.header.byteLength
      return answer
    }
    return needMore
  }
}

const empty = new Uint8Array(0)
