/**
 * The frame header: the 2 to 14 bytes in front of every payload (RFC 6455 §5.2).
 *
 *     byte 0     FIN | RSV1 RSV2 RSV3 | opcode (4 bits)
 *     byte 1     MASK | payload length (7 bits)
 *     +0/2/8     extended payload length, when the 7 bits read 126 or 127
 *     +0/4       masking key, when MASK is set
 *
 * Only `MessageRun` and `ShortTexts`, which read short messages in place, know a part of this layout too. What else is legal
 * depends on the connection and on earlier frames, so the caller passes it in (`Expected`).
 */
import { type NeedMore, needMore } from "./NeedMore.ts"
import * as Opcode from "./Opcode.ts"
import * as ProtocolViolation from "./ProtocolViolation.ts"

/** Mutable: a decoder owns one header and fills it again for each frame. */
export interface FrameHeader {
  fin: boolean
  rsv1: boolean
  opcode: Opcode.Opcode
  payloadLength: number
  /** 0 if the frame is not masked. */
  maskingKey: number
  /** How many bytes the header took. */
  byteLength: number
}

export const make = (): FrameHeader => ({
  fin: true,
  rsv1: false,
  opcode: Opcode.continuation,
  payloadLength: 0,
  maskingKey: 0,
  byteLength: 0
})

/** The opcode of the header that begins at `at`. */
export const opcodeAt = (bytes: Uint8Array, at: number): number => bytes[at]! & 0x0f

/** What the connection allows the next header to be. */
export interface Expected {
  /** The reader's role: a server reads masked frames, a client unmasked ones (RFC 6455 §5.1). */
  readonly role: "client" | "server"
  /** An extension gave RSV1 a meaning on the first frame of a message (RFC 7692 §6). */
  readonly rsv1: boolean
  /** A fragmented message is open, so the next data frame continues it (RFC 6455 §5.4). */
  readonly fragmented: boolean
}

/**
 * Reads the header at `start` into `header` and returns it; or NeedMore when `end` comes first; or the broken rule, as soon as
 * the bytes so far prove it.
 */
export const decode = (
  header: FrameHeader,
  bytes: Uint8Array,
  start: number,
  end: number,
  expected: Expected
): FrameHeader | NeedMore | ProtocolViolation.ProtocolViolation => {
  if (start >= end) return needMore
  const byte0 = bytes[start]!
  const opcode = opcodeAt(bytes, start)
  const control = Opcode.isControl(opcode)
  if ((byte0 & 0x70) !== 0) {
    const legal = (byte0 & 0x70) === 0x40 && expected.rsv1 && !control && opcode !== Opcode.continuation
    if (!legal) return ProtocolViolation.all.ReservedBits
  }
  if (!Opcode.isDefined(opcode)) return ProtocolViolation.all.ReservedOpcode
  header.fin = (byte0 & 0x80) !== 0
  header.rsv1 = (byte0 & 0x40) !== 0
  header.opcode = opcode
  if (control) {
    if (!header.fin) return ProtocolViolation.all.FragmentedControlFrame
  } else if ((opcode === Opcode.continuation) !== expected.fragmented) {
    return expected.fragmented
      ? ProtocolViolation.all.ExpectedContinuation
      : ProtocolViolation.all.UnexpectedContinuation
  }

  if (end - start < 2) return needMore
  const byte1 = bytes[start + 1]!
  const masked = (byte1 & 0x80) !== 0
  if (masked !== (expected.role === "server")) {
    return masked ? ProtocolViolation.all.MaskedServerFrame : ProtocolViolation.all.UnmaskedClientFrame
  }
  const length7 = byte1 & 0x7f
  if (control && length7 > maxControlPayload) return ProtocolViolation.all.ControlFrameTooLong
  let at = start + 2
  header.payloadLength = length7
  if (length7 > maxControlPayload) {
    const length = length7 === 126 ? decodeLength16(bytes, at, end) : decodeLength64(bytes, at, end)
    if (typeof length !== "number") return length
    header.payloadLength = length
    at += length7 === 126 ? 2 : 8
  }
  header.maskingKey = 0
  if (masked) {
    if (end - at < 4) return needMore
    header.maskingKey = readUint32(bytes, at)
    at += 4
  }
  header.byteLength = at - start
  return header
}

/** The length of a header for `payloadLength` bytes. */
export const encodedLength = (payloadLength: number, masked: boolean): number =>
  (payloadLength <= maxControlPayload ? 2 : payloadLength <= 0xffff ? 4 : 10) + (masked ? 4 : 0)

/** Writes a header at `offset` and returns where the payload begins. Without a `maskingKey` the frame is unmasked. */
export const encode = (
  target: Uint8Array,
  offset: number,
  fin: boolean,
  rsv1: boolean,
  opcode: Opcode.Opcode,
  payloadLength: number,
  maskingKey: number | undefined
): number => {
  const maskBit = maskingKey === undefined ? 0 : 0x80
  let at = offset
  target[at++] = (fin ? 0x80 : 0) | (rsv1 ? 0x40 : 0) | opcode
  if (payloadLength <= maxControlPayload) {
    target[at++] = maskBit | payloadLength
  } else if (payloadLength <= 0xffff) {
    target[at++] = maskBit | 126
    target[at++] = payloadLength >>> 8
    target[at++] = payloadLength & 0xff
  } else {
    target[at++] = maskBit | 127
    at = writeUint32(target, at, Math.floor(payloadLength / 0x1_0000_0000))
    at = writeUint32(target, at, payloadLength >>> 0)
  }
  return maskingKey === undefined ? at : writeUint32(target, at, maskingKey)
}

/** The longest payload of a control frame, and the longest length that needs no extension (RFC 6455 §5.5, §5.2). */
export const maxControlPayload = 125

/** No header is longer. */
export const maxByteLength = 14

type Length = number | NeedMore | ProtocolViolation.ProtocolViolation

const decodeLength16 = (bytes: Uint8Array, at: number, end: number): Length => {
  if (end - at < 2) return needMore
  const length = (bytes[at]! << 8) | bytes[at + 1]!
  return length <= maxControlPayload ? ProtocolViolation.all.NonMinimalLength : length
}

const decodeLength64 = (bytes: Uint8Array, at: number, end: number): Length => {
  if (end > at && (bytes[at]! & 0x80) !== 0) return ProtocolViolation.all.LengthTopBit
  // After six zero bytes the length is at most 0xffff, whatever the last two are.
  if (end - at >= 6 && readUint32(bytes, at) === 0 && bytes[at + 4] === 0 && bytes[at + 5] === 0) {
    return ProtocolViolation.all.NonMinimalLength
  }
  if (end - at < 8) return needMore
  return readUint32(bytes, at) * 0x1_0000_0000 + readUint32(bytes, at + 4)
}

const readUint32 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0

const writeUint32 = (target: Uint8Array, at: number, value: number): number => {
  target[at] = value >>> 24
  target[at + 1] = (value >>> 16) & 0xff
  target[at + 2] = (value >>> 8) & 0xff
  target[at + 3] = value & 0xff
  return at + 4
}
