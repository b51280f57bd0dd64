/**
 * Whole units of work as bytes, ready to be written: the server's frames to the receiving arms, and a client's frames for the
 * raw arm. `Payloads` decides what is in the messages; nothing here is needed while a clock runs.
 */
import { constants, deflateRawSync } from "node:zlib"
import { type Message, messages, type Payload } from "./Payloads.ts"

/** What travels in a workload. `unit` messages make one unit: what a receiver asks for, or a sender gets acknowledged. */
export interface Wire {
  readonly payload: Payload
  readonly size: number
  readonly unit: number
  /** Each message in fragments of this many bytes. */
  readonly fragment?: number | undefined
  /** permessage-deflate with context takeover. */
  readonly deflate?: boolean | undefined
}

/** One unit of frames as a server sends them, or masked as a client does. May be written again and again. */
export const unit = (wire: Wire, from: "server" | "client"): Uint8Array => {
  const repeated = messages(wire.payload, wire.size)
  const opcode = wire.payload === "binary" ? BINARY : TEXT
  const payloads = wire.deflate === true ? compressed(repeated) : repeated.map(bytesOf)
  const frames: Array<Uint8Array> = []
  for (let index = 0; index < wire.unit; index++) {
    const payload = payloads[index % payloads.length]!
    const step = wire.fragment ?? Math.max(1, payload.length)
    for (let at = 0; at < Math.max(1, payload.length); at += step) {
      frames.push(
        frame({
          fin: at + step >= payload.length,
          rsv1: wire.deflate === true && at === 0,
          opcode: at === 0 ? opcode : CONTINUATION,
          payload: payload.subarray(at, at + step),
          masked: from === "client"
        })
      )
    }
  }
  return Buffer.concat(frames)
}

/** A single message in a single frame. */
export const single = (message: Message, from: "server" | "client"): Uint8Array =>
  frame({
    fin: true,
    rsv1: false,
    opcode: typeof message === "string" ? TEXT : BINARY,
    payload: bytesOf(message),
    masked: from === "client"
  })

/** A Close frame with code 1000. */
export const close = (from: "server" | "client"): Uint8Array =>
  frame({ fin: true, rsv1: false, opcode: CLOSE, payload: Uint8Array.of(0x03, 0xe8), masked: from === "client" })

interface Frame {
  readonly fin: boolean
  readonly rsv1: boolean
  readonly opcode: number
  readonly payload: Uint8Array
  readonly masked: boolean
}

const frame = ({ fin, rsv1, opcode, payload, masked }: Frame): Uint8Array => {
  const header = serverHeader((fin ? 0x80 : 0) | (rsv1 ? 0x40 : 0) | opcode, payload.length)
  if (!masked) return Buffer.concat([header, payload])
  header[1]! |= 0x80
  const masking = payload.map((byte, at) => byte ^ maskingKey[at & 3]!)
  return Buffer.concat([header, maskingKey, masking])
}

/** RFC 6455 §5.2, without a masking key. */
export const serverHeader = (firstByte: number, payloadLength: number): Buffer => {
  if (payloadLength < 126) return Buffer.of(firstByte, payloadLength)
  if (payloadLength < 0x10000) return Buffer.of(firstByte, 126, payloadLength >> 8, payloadLength & 0xff)
  const header = Buffer.alloc(10)
  header[0] = firstByte
  header[1] = 127
  header.writeBigUInt64BE(BigInt(payloadLength), 2)
  return header
}

/**
 * Each message compressed after those before it (RFC 7692 §7.2.1). The first refers to nothing earlier, so the series can
 * start again at any time.
 */
const compressed = (series: ReadonlyArray<Message>): ReadonlyArray<Uint8Array> => {
  let window: Uint8Array = new Uint8Array(0)
  return series.map((message) => {
    const plain = bytesOf(message)
    const options = { finishFlush: constants.Z_SYNC_FLUSH, ...(window.length > 0 ? { dictionary: window } : {}) }
    window = Buffer.concat([window, plain]).subarray(-0x8000)
    return deflateRawSync(plain, options).subarray(0, -4)
  })
}

export const bytesOf = (message: Message): Uint8Array => (typeof message === "string" ? Buffer.from(message) : message)

export const CONTINUATION = 0x0
export const TEXT = 0x1
export const BINARY = 0x2
export const CLOSE = 0x8
export const PING = 0x9
export const PONG = 0xa
const maskingKey = Uint8Array.of(0x9e, 0x37, 0x79, 0xb1)
