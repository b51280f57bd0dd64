/**
 * The message assembler: pieces of data frames in, whole messages out (RFC 6455 §5.4, §5.6, §8.1).
 *
 * It knows the limits, and that text must be UTF-8 at every byte. The order of frames was already checked by
 * `FrameDecoder`; control frames, which may come between fragments, never get here.
 */
import { BytesPayload } from "./BytesPayload.ts"
import type { FrameDecoder } from "./FrameDecoder.ts"
import * as Limits from "./Limits.ts"
import * as Opcode from "./Opcode.ts"
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
  private readonly bytes = new BytesPayload()
  /** What the current message is made of. */
  private payload: TextPayload | BytesPayload
  private fragments = 0

  constructor(platform: Platform, limits: Limits.Limits) {
    this.platform = platform
    this.limits = limits
    this.text = new TextPayload(platform)
    this.payload = this.bytes
  }

  /** Takes the piece under the cursor: the message that it completes, undefined when more must come, or a failure. */
  take(piece: FrameDecoder): Message | undefined | Failure {
    if (piece.first) {
      const failure = this.begin(piece)
      if (failure !== undefined) return failure
      if (piece.last && piece.header.fin && this.payload.length === 0) return this.whole(piece)
    }
    return this.append(piece)
  }

  /** A new frame: its header alone can already pass a limit. */
  private begin(piece: FrameDecoder): Limits.MessageTooBig | undefined {
    const { header } = piece
    if (header.opcode !== Opcode.continuation) {
      this.payload = header.opcode === Opcode.text ? this.text : this.bytes
      this.fragments = 0
    }
    const { maxFragments, maxFrameBytes, maxMessageBytes } = this.limits
    if (header.payloadLength > maxFrameBytes) {
      return Limits.tooBig("maxFrameBytes", maxFrameBytes, header.payloadLength)
    }
    const messageBytes = this.payload.length + header.payloadLength
    if (messageBytes > maxMessageBytes) return Limits.tooBig("maxMessageBytes", maxMessageBytes, messageBytes)
    this.fragments += 1
    if (this.fragments > maxFragments + this.payload.length / Limits.bytesPerExtraFragment) {
      return Limits.tooBig("maxFragments", maxFragments, this.fragments)
    }
    return undefined
  }

  /** The fast lane: the whole message lies in one read. */
  private whole({ bytes, end, start }: FrameDecoder): Message | Failure {
    if (this.payload === this.bytes) return copy(bytes, start, end)
    return this.platform.decodeUtf8(bytes, start, end) ?? ProtocolViolation.all.InvalidUtf8
  }

  private append(piece: FrameDecoder): Message | undefined | Failure {
    const { bytes, end, header, start } = piece
    const complete = piece.last && header.fin
    if (this.payload === this.text) {
      const valid = this.text.append(bytes, start, end)
      if (!valid) return ProtocolViolation.all.InvalidUtf8
      return complete ? (this.text.take() ?? ProtocolViolation.all.InvalidUtf8) : undefined
    }
    // Only the last frame says how long the message is: room for one fragment at a time would move every byte each time.
    this.bytes.append(bytes, start, end, header.fin ? piece.remaining : Infinity)
    return complete ? this.bytes.take() : undefined
  }
}

/** A plain Uint8Array of its own: `slice` on a Node Buffer would give a view of the read. */
const copy = (bytes: Uint8Array, start: number, end: number): Uint8Array => {
  const own = new Uint8Array(end - start)
  own.set(bytes.subarray(start, end))
  return own
}
