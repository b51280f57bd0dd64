/**
 * The payload of a Close frame: nothing, or a close code and a reason (RFC 6455 §5.5.1, §7.4).
 */
import * as CloseCode from "./CloseCode.ts"
import * as FrameHeader from "./FrameHeader.ts"
import * as InvalidMessage from "./InvalidMessage.ts"
import type { Platform } from "./Platform.ts"
import * as ProtocolViolation from "./ProtocolViolation.ts"

export interface ClosePayload {
  /** Undefined if the frame had no payload; the connection's close code is then 1005 (RFC 6455 §7.1.5). */
  readonly closeCode: number | undefined
  /** At most 123 bytes of UTF-8. */
  readonly closeReason: string
}

/** The payload of a Close frame without a code. */
export const none: ClosePayload = Object.freeze({ closeCode: undefined, closeReason: "" })

/** The longest reason, in bytes. */
export const maxReasonBytes = FrameHeader.maxControlPayload - 2

export const decode = (
  bytes: Uint8Array,
  decodeUtf8: Platform["decodeUtf8"]
): ClosePayload | ProtocolViolation.ProtocolViolation => {
  if (bytes.length === 0) return none
  if (bytes.length === 1) return ProtocolViolation.all.ClosePayloadOfOneByte
  const closeCode = (bytes[0]! << 8) | bytes[1]!
  if (!CloseCode.isTransmittable(closeCode)) return ProtocolViolation.all.ReservedCloseCode
  const closeReason = decodeUtf8(bytes, 2, bytes.length)
  if (closeReason === undefined) return ProtocolViolation.all.InvalidCloseReason
  return { closeCode, closeReason }
}

/** The bytes of a payload, or what is illegal about it. */
export const encode = (
  { closeCode, closeReason }: ClosePayload,
  platform: Pick<Platform, "utf8Length" | "encodeUtf8">
): Uint8Array | InvalidMessage.InvalidMessage => {
  if (closeCode === undefined) return closeReason === "" ? empty : InvalidMessage.all.CloseReasonWithoutCode
  if (!CloseCode.isTransmittable(closeCode)) return InvalidMessage.all.ReservedCloseCode
  if (!closeReason.isWellFormed()) return InvalidMessage.all.LoneSurrogate
  const length = platform.utf8Length(closeReason)
  if (length > maxReasonBytes) return InvalidMessage.all.CloseReasonTooLong
  const bytes = new Uint8Array(2 + length)
  bytes[0] = closeCode >>> 8
  bytes[1] = closeCode & 0xff
  platform.encodeUtf8(closeReason, bytes, 2)
  return bytes
}

const empty = new Uint8Array(0)
