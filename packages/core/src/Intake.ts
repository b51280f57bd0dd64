/**
 * The incoming data message: its kind, whether it is still within the limits, and its inflated bytes, which an `Assembler`
 * turns into elements.
 */
import type { Failure, Kind } from "./Assembler.ts"
import type { Inflater } from "./Compression.ts"
import type { FrameDecoder } from "./FrameDecoder.ts"
import type { FrameHeader } from "./FrameHeader.ts"
import * as Limits from "./Limits.ts"
import * as Opcode from "./Opcode.ts"
import * as ProtocolViolation from "./ProtocolViolation.ts"

export class Intake {
  kind: Kind = "binary"
  compressed = false
  private readonly limits: Limits.Limits
  private readonly inflater: Inflater | undefined
  private fragments = 0
  /** Bytes of the current message as they came, before inflating. */
  private received = 0

  constructor(limits: Limits.Limits, inflater: Inflater | undefined) {
    this.limits = limits
    this.inflater = inflater
  }

  /** A new frame begins, after `length` bytes of its message: its header alone may already exceed a limit. */
  begin(header: FrameHeader, length: number): Limits.MessageTooBig | undefined {
    if (header.opcode !== Opcode.continuation) {
      this.kind = header.opcode === Opcode.text ? "text" : "binary"
      this.compressed = header.rsv1
      this.fragments = 0
      this.received = 0
    }
    const { maxFragments, maxFrameBytes, maxMessageBytes } = this.limits
    if (header.payloadLength > maxFrameBytes) {
      return Limits.tooBig("maxFrameBytes", maxFrameBytes, header.payloadLength)
    }
    const messageBytes = length + header.payloadLength
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

  /**
   * Inflates a piece of a compressed message, never beyond `limit`, of which `length` bytes are already used (RFC 7692 §7.2.2).
   * Valid until the next call.
   */
  inflate(
    { bytes, end, header, last, start }: FrameDecoder,
    length: number,
    limit: "maxMessageBytes" | "maxFrameBytes" = "maxMessageBytes"
  ): Uint8Array | Failure {
    const allowed = this.limits[limit]
    const inflated = this.inflater!.inflate(bytes, start, end, last && header.fin, allowed - length)
    if (inflated === "Corrupt") return ProtocolViolation.all.InvalidDeflate
    if (inflated === "TooBig") return Limits.tooBig(limit, allowed, allowed + 1)
    return inflated
  }
}
