/**
 * Whole frames, including control frames (RFC 6455 §5.2), for programs that look at the protocol itself. Payloads are inflated,
 * and text is checked to be UTF-8 across the frames of its message.
 */
import type { Assembler, Assembly, Failure } from "./Assembler.ts"
import type { Inflater } from "./Compression.ts"
import type { FrameDecoder } from "./FrameDecoder.ts"
import { Intake } from "./Intake.ts"
import type { Limits } from "./Limits.ts"
import * as Opcode from "./Opcode.ts"
import { PayloadBuffer } from "./PayloadBuffer.ts"
import type { Platform } from "./Platform.ts"
import * as ProtocolViolation from "./ProtocolViolation.ts"
import * as Utf8 from "./Utf8.ts"

export interface Frame {
  readonly opcode: Opcode.Name
  /** Whether the frame ends its message; true for every control frame. */
  readonly fin: boolean
  readonly payload: Uint8Array
}

export class FrameAssembler implements Assembler<Frame> {
  private readonly platform: Platform
  private readonly intake: Intake
  private readonly checked: boolean
  private readonly payload: PayloadBuffer
  private readonly limits: Limits
  /** Bytes of the current message before the current frame. */
  private before = 0
  /** What the text so far demands of its next byte. */
  private state: Utf8.State = Utf8.accept

  constructor(platform: Platform, limits: Limits, inflater?: Inflater, textAs: "string" | "bytes" = "string") {
    this.platform = platform
    this.limits = { ...limits, maxFrameBytes: Math.min(limits.maxFrameBytes, platform.maxMessageBytes) }
    this.intake = new Intake(this.limits, inflater)
    this.checked = textAs === "string"
    this.payload = new PayloadBuffer(platform.allocate)
  }

  take(piece: FrameDecoder): Frame | undefined | Failure {
    const failure = piece.first ? this.intake.begin(piece.header, this.before) : undefined
    if (failure !== undefined) return failure
    if (!this.intake.compressed) return this.append(piece, piece.bytes, piece.start, piece.end)
    const inflated = this.inflate(piece)
    return inflated instanceof Uint8Array ? this.append(piece, inflated, 0, inflated.length) : inflated
  }

  /** A frame is held whole, so its inflated size is limited as well. */
  private inflate(piece: FrameDecoder): Uint8Array | Failure {
    const { maxFrameBytes, maxMessageBytes } = this.limits
    const { length } = this.payload
    return maxFrameBytes - length < maxMessageBytes - this.before - length
      ? this.intake.inflate(piece, length, "maxFrameBytes")
      : this.intake.inflate(piece, this.before + length)
  }

  private append(piece: FrameDecoder, bytes: Uint8Array, start: number, end: number): Frame | undefined | Failure {
    const { fin, opcode } = piece.header
    if (!this.continues(bytes, start, end, piece.last && fin)) return ProtocolViolation.all.InvalidUtf8
    this.payload.append(bytes, start, end, this.intake.compressed ? Infinity : piece.remaining)
    if (!piece.last) return undefined
    const payload = this.payload.take()
    this.before = fin ? 0 : this.before + payload.length
    return { opcode: Opcode.names[opcode], fin, payload }
  }

  /** May the text continue with these bytes, and end with them if they are its `last`? */
  private continues(bytes: Uint8Array, start: number, end: number, last: boolean): boolean {
    if (!this.checked || this.intake.kind === "binary") return true
    this.state = this.platform.validateUtf8(this.state, bytes, start, end)
    return last ? this.state === Utf8.accept : this.state !== Utf8.reject
  }
}

const assembly = (textAs: "string" | "bytes"): Assembly<Frame> => ({
  make: (...parts) => new FrameAssembler(...parts, textAs),
  sizeOf: ({ payload }) => payload.length,
  control: (opcode, payload) => ({ opcode: Opcode.names[opcode], fin: true, payload })
})

export const frames = assembly("string")

/** Frames whose text is not checked to be UTF-8. */
export const uncheckedFrames = assembly("bytes")
