/**
 * The message assembler: pieces of data frames in, whole messages out (RFC 6455 §5.4, §5.6, §8.1).
 *
 * It knows the limits, and that text must be UTF-8 at every byte. The order of frames was already checked by
 * `FrameDecoder`; control frames, which may come between fragments, never get here.
 */
import type { Inflater } from "./Compression.ts"
import type { FrameDecoder } from "./FrameDecoder.ts"
import * as Limits from "./Limits.ts"
import * as Opcode from "./Opcode.ts"
import { PayloadBuffer } from "./PayloadBuffer.ts"
import type { Platform } from "./Platform.ts"
import * as ProtocolViolation from "./ProtocolViolation.ts"
import { TextPayload } from "./TextPayload.ts"

/** Text is a string, binary is bytes that belong to the receiver. */
export type Message = string | Uint8Array

export type Failure = ProtocolViolation.ProtocolViolation | Limits.MessageTooBig

export class MessageAssembler {
  private readonly platform: Platform
  private readonly limits: Limits.Limits
  private readonly text: TextPayload
  private readonly bytes: PayloadBuffer
  /** What the current message is made of. */
  private payload: TextPayload | PayloadBuffer
  private fragments = 0
  /** Bytes of the current message as they came: compressed ones before they were inflated. */
  private received = 0
  private compressed = false
  private readonly inflater: Inflater | undefined

  constructor(platform: Platform, limits: Limits.Limits, inflater?: Inflater) {
    this.platform = platform
    this.limits = limits
    this.inflater = inflater
    this.text = new TextPayload(platform)
    this.bytes = new PayloadBuffer(platform.allocate)
    this.payload = this.bytes
  }

  /** Takes the piece under the cursor: the message that it completes, undefined when more must come, or a failure. */
  take(piece: FrameDecoder): Message | undefined | Failure {
    if (piece.first) {
      const failure = this.begin(piece)
      if (failure !== undefined) return failure
      if (!this.compressed && piece.last && piece.header.fin && this.payload.length === 0) {
        return this.whole(piece.bytes, piece.start, piece.end)
      }
    }
    return this.compressed ? this.inflate(piece) : this.append(piece)
  }

  /** A new frame: its header alone can already pass a limit. */
  private begin(piece: FrameDecoder): Limits.MessageTooBig | undefined {
    const { header } = piece
    if (header.opcode !== Opcode.continuation) {
      this.payload = header.opcode === Opcode.text ? this.text : this.bytes
      this.compressed = header.rsv1
      this.fragments = 0
      this.received = 0
    }
    const { maxFragments, maxFrameBytes, maxMessageBytes } = this.limits
    if (header.payloadLength > maxFrameBytes) {
      return Limits.tooBig("maxFrameBytes", maxFrameBytes, header.payloadLength)
    }
    const messageBytes = this.payload.length + header.payloadLength
    if (!this.compressed && messageBytes > maxMessageBytes) {
      return Limits.tooBig("maxMessageBytes", maxMessageBytes, messageBytes)
    }
    this.fragments += 1
    if (this.fragments > maxFragments + this.received / Limits.bytesPerExtraFragment) {
      return Limits.tooBig("maxFragments", maxFragments, this.fragments)
    }
    this.received += header.payloadLength
    return undefined
  }

  /** The fast lane: the whole message lies in one read. */
  private whole(bytes: Uint8Array, start: number, end: number): Message | Failure {
    if (this.payload === this.bytes) return this.copy(bytes, start, end)
    return this.platform.decodeUtf8(bytes, start, end) ?? ProtocolViolation.all.InvalidUtf8
  }

  /** A plain array of its own: `slice` on a Node Buffer would give a view of the read. */
  private copy(bytes: Uint8Array, start: number, end: number): Uint8Array {
    const own = this.platform.allocate(end - start)
    own.set(bytes.subarray(start, end))
    return own
  }

  private append(piece: FrameDecoder): Message | undefined | Failure {
    const { bytes, end, header, start } = piece
    const complete = piece.last && header.fin
    if (this.payload === this.text) return this.appendText(bytes, start, end, complete)
    // Only the last frame says how long the message is: room for one fragment at a time would move every byte each time.
    this.bytes.append(bytes, start, end, header.fin ? piece.remaining : Infinity)
    return complete ? this.bytes.take() : undefined
  }

  private appendText(bytes: Uint8Array, start: number, end: number, complete: boolean): Message | undefined | Failure {
    if (!this.text.append(bytes, start, end)) return ProtocolViolation.all.InvalidUtf8
    return complete ? (this.text.take() ?? ProtocolViolation.all.InvalidUtf8) : undefined
  }

  /** Inflates each piece as it comes, never beyond what the message may hold (RFC 7692 §7.2.2). */
  private inflate({ bytes, end, header, last, start }: FrameDecoder): Message | undefined | Failure {
    const { maxMessageBytes } = this.limits
    const complete = last && header.fin
    const inflated = this.inflater!.inflate(bytes, start, end, complete, maxMessageBytes - this.payload.length)
    if (inflated === "Corrupt") return ProtocolViolation.all.InvalidDeflate
    if (inflated === "TooBig") return Limits.tooBig("maxMessageBytes", maxMessageBytes, maxMessageBytes + 1)
    if (complete && this.payload.length === 0) return this.whole(inflated, 0, inflated.length)
    if (this.payload === this.text) return this.appendText(inflated, 0, inflated.length, complete)
    this.bytes.append(inflated, 0, inflated.length, Infinity)
    return complete ? this.bytes.take() : undefined
  }
}
