/**
 * The judge's own frame reader: TCP octets in, raw frames out, unmasked when they were masked (RFC 6455 §5.2).
 * It accepts every frame that can be cut out of the octets; `MessageReader` says which of them are legal.
 */
export interface RawFrame {
  readonly octet0: number
  /** The masking key as a 32-bit number; undefined when the MASK bit was not set. */
  readonly maskingKey: number | undefined
  readonly payload: Buffer
  /** The length could have been written in fewer octets. */
  readonly longLength: boolean
}

export class FrameReader {
  #rest: Buffer = Buffer.alloc(0)
  #header: Header | undefined
  #payload: Buffer = Buffer.alloc(0)
  #filled = 0
  /** A frame was announced that is longer than anything a case asks for; reading has stopped. */
  oversized = false

  /** The frames that these octets complete. */
  push(chunk: Buffer): Array<RawFrame> {
    const frames: Array<RawFrame> = []
    let rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    for (;;) {
      if (this.#header === undefined) {
        const header = readHeader(rest)
        if (header === undefined) break
        this.oversized ||= header.payloadLength > largestPayload
        if (this.oversized) return frames
        this.#header = header
        this.#payload = Buffer.alloc(header.payloadLength)
        this.#filled = 0
        rest = rest.subarray(header.octets)
      }
      const taken = rest.copy(this.#payload, this.#filled)
      this.#filled += taken
      rest = rest.subarray(taken)
      if (this.#filled < this.#payload.length) break
      const { maskingKey, octet0, longLength } = this.#header
      if (maskingKey !== undefined) unmask(this.#payload, maskingKey)
      frames.push({ octet0, maskingKey, payload: this.#payload, longLength })
      this.#header = undefined
    }
    this.#rest = rest
    return frames
  }
}

interface Header {
  readonly octets: number
  readonly octet0: number
  readonly payloadLength: number
  readonly maskingKey: number | undefined
  readonly longLength: boolean
}

const readHeader = (octets: Buffer): Header | undefined => {
  if (octets.length < 2) return undefined
  const length7 = octets[1]! & 0x7f
  const extended = length7 === 0x7f ? 8 : length7 === 0x7e ? 2 : 0
  const masked = (octets[1]! & 0x80) !== 0
  const total = 2 + extended + (masked ? 4 : 0)
  if (octets.length < total) return undefined
  const payloadLength =
    extended === 8 ? Number(octets.readBigUInt64BE(2)) : extended === 2 ? octets.readUInt16BE(2) : length7
  return {
    octets: total,
    octet0: octets[0]!,
    payloadLength,
    maskingKey: masked ? octets.readUInt32BE(2 + extended) : undefined,
    longLength: (extended === 8 && payloadLength < 0x10000) || (extended === 2 && payloadLength < 126)
  }
}

const unmask = (payload: Buffer, maskingKey: number): void => {
  const key = Buffer.alloc(4)
  key.writeUInt32BE(maskingKey)
  for (let index = 0; index < payload.length; index++) payload[index]! ^= key[index & 3]!
}

/** No case sends more than 16 MiB, so no echo is longer. */
const largestPayload = 0x4000000
