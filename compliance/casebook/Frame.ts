/**
 * Server frames as literal octets. Nothing here knows what a legal frame is: the caller gives the first octet
 * (FIN, RSV1 to RSV3, opcode) as it goes over the wire, because most of these frames are wrong on purpose.
 */

/** One frame: first octet, the shortest length form (RFC 6455 §5.2), payload. */
export const frame = (octet0: number, payload: string | Uint8Array = ""): Buffer => {
  const octets = bytes(payload)
  return Buffer.concat([header(octet0, octets.length), octets])
}

/** The header alone, for frames that announce more than they bring. */
export const header = (octet0: number, payloadLength: number): Buffer => {
  if (payloadLength < 126) return Buffer.of(octet0, payloadLength)
  if (payloadLength < 0x10000) return Buffer.of(octet0, 0x7e, payloadLength >> 8, payloadLength & 0xff)
  const long = Buffer.alloc(10)
  long[0] = octet0
  long[1] = 0x7f
  long.writeBigUInt64BE(BigInt(payloadLength), 2)
  return long
}

/** A message cut into frames of `octets` each: the opcode and RSV bits of `octet0` on the first, FIN on the last. */
export const fragments = (octet0: number, payload: Uint8Array, octets: number): Buffer => {
  if (octets === 0 || payload.length <= octets) return frame(octet0 | 0x80, payload)
  const frames: Array<Buffer> = []
  for (let start = 0; start < payload.length; start += octets) {
    const last = start + octets >= payload.length
    frames.push(frame((start === 0 ? octet0 : 0x00) | (last ? 0x80 : 0x00), payload.subarray(start, start + octets)))
  }
  return Buffer.concat(frames)
}

/** A Close frame; without a code its payload is empty. */
export const close = (closeCode?: number, closeReason: string | Uint8Array = ""): Buffer =>
  frame(0x88, closeCode === undefined ? "" : Buffer.concat([octetPair(closeCode), bytes(closeReason)]))

/** Octets from hex, with spaces wherever they help. */
export const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(" ", ""), "hex")

export const concat = (...parts: ReadonlyArray<Uint8Array>): Buffer => Buffer.concat(parts)

const bytes = (payload: string | Uint8Array): Uint8Array =>
  typeof payload === "string" ? Buffer.from(payload) : payload

const octetPair = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 0xff)
