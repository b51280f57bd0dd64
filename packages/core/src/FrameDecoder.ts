/**
 * The frame decoder: network reads in, pieces of frames out (RFC 6455 §5.2, §5.4).
 *
 * A piece is the part of one frame's payload that is in one read. The decoder is a cursor over the pieces: it allocates nothing
 * per frame and copies only headers that straddle two reads. It knows which header is legal next. `Intake` checks limits, and
 * an `Assembler` handles payloads.
 */
import * as FrameHeader from "./FrameHeader.ts"
import * as Masking from "./Masking.ts"
import { type NeedMore, needMore } from "./NeedMore.ts"
import * as Opcode from "./Opcode.ts"
import type { Platform } from "./Platform.ts"
import type { ProtocolViolation } from "./ProtocolViolation.ts"

export class FrameDecoder implements FrameHeader.Expected {
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
  /** Whether messages were delivered that are views of the read, so its memory belongs to them. Reset by the next read. */
  kept = false
  /** The number of headers so far. */
  frames = 0

  // What `FrameHeader.decode` may expect.
  readonly role: "client" | "server"
  readonly rsv1: boolean
  /** Follows the frames: only the decoder writes it. */
  fragmented = false

  private readonly mask: Platform["mask"]
  /** The start of a header that the last read did not finish. */
  private straddling: Uint8Array = empty
  private straddled = 0

  constructor(options: { role: "client" | "server"; rsv1: boolean; mask: Platform["mask"] }) {
    this.role = options.role
    this.rsv1 = options.rsv1
    this.mask = options.mask
  }

  /** Takes the next read. The previous one must be used up. */
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
   * Moves to the next piece and returns the decoder; or NeedMore at the end of the read; or the broken rule, after which it
   * must not be called again.
   */
  next(): this | NeedMore | ProtocolViolation {
    if (!this.last) return this.nextPiece(this.end, false)
    const answer =
      this.straddled === 0
        ? FrameHeader.decode(this.header, this.bytes, this.end, this.bytes.length, this)
        : this.decodeStraddling()
    if (answer !== this.header) {
      if (answer === needMore) this.keepHeader()
      return answer as NeedMore | ProtocolViolation
    }
    this.frames += 1
    if (!Opcode.isControl(answer.opcode)) this.fragmented = !answer.fin
    this.remaining = answer.payloadLength
    return this.nextPiece(this.end + answer.byteLength, true)
  }

  /** Cuts the current piece to `length`: its rest becomes the next piece. */
  shorten(length: number): void {
    const rest = this.end - this.start - length
    if (rest <= 0) return
    this.end -= rest
    this.remaining += rest
    this.last = false
    if (this.role !== "server") return
    // Mask the rest again, since it will be unmasked as a separate piece, with the key rotated to its beginning.
    this.header.maskingKey = Masking.rotate(this.header.maskingKey, 4 - (rest & 3))
    this.mask(this.header.maskingKey, this.bytes, this.end, this.end + rest)
  }

  /** Whether a message may begin at `end`, in an unmasked frame: the next octet is there, and is not that of a control frame. */
  get mayBeginMessage(): boolean {
    const isBetweenMessages = this.last && this.straddled === 0 && !this.fragmented && this.role === "client"
    return (
      isBetweenMessages && this.end < this.bytes.length && !Opcode.isControl(FrameHeader.opcodeAt(this.bytes, this.end))
    )
  }

  /** `MessageRun` has taken this many frames, up to `end`. */
  skip(end: number, frames: number): void {
    this.end = end
    this.frames += frames
  }

  /** Drops the read, which is no longer needed. */
  release(): void {
    this.moveTo(empty)
  }

  /**
   * A frame's first piece is returned with its header, even if it is empty, so limits are checked before the payload arrives.
   */
  private nextPiece(start: number, first: boolean): this | NeedMore {
    const end = Math.min(start + this.remaining, this.bytes.length)
    if (end === start && !first) return needMore
    this.first = first
    this.start = start
    this.end = end
    this.remaining -= end - start
    this.last = this.remaining === 0
    if (this.role === "server") this.unmask()
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

  /** Completes the unfinished header byte by byte; afterwards `end` is `byteLength` before the payload. */
  private decodeStraddling(): FrameHeader.FrameHeader | NeedMore | ProtocolViolation {
    while (this.end < this.bytes.length) {
      this.straddling[this.straddled++] = this.bytes[this.end++]!
      const answer = FrameHeader.decode(this.header, this.straddling, 0, this.straddled, this)
      if (answer === needMore) continue
      this.straddled = 0
      this.end -= this.header.byteLength
      return answer
    }
    return needMore
  }
}

const empty = new Uint8Array(0)
