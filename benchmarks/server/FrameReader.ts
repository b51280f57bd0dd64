/**
 * Reads what a client sends as fast as it can be read: walks from header to header, counts messages and payload bytes, and
 * leaves payloads alone. Only three kinds are unmasked: control frames and echoed messages, which go back to the client, and
 * now and then a message that the check wants to see whole. `Session` decides what the counts mean.
 */
import { CLOSE, PING, PONG, serverHeader } from "../Frames.ts"

export interface Watch {
  /** The first message to hand over whole. */
  readonly first: number
  /** Takes a payload (still compressed when it came so) and answers which message it wants next. */
  readonly take: (index: number, payload: Uint8Array) => number
}

export class FrameReader {
  messages = 0
  payloadBytes = 0
  compressed = 0
  /** A Close frame has come, and its answer is in the output. */
  closed = false
  problem: string | undefined

  readonly #echo: boolean
  readonly #watch: Watch
  #watched: number
  #remaining = 0
  #offset = 0
  #fin = false
  #control = false
  #copyTo: Bytes | undefined
  readonly #maskingKey = new Uint8Array(4)
  readonly #header = new Uint8Array(LONGEST_HEADER)
  #held = 0
  readonly #output = new Bytes()
  readonly #kept = new Bytes()

  constructor(echo: boolean, watch: Watch) {
    this.#echo = echo
    this.#watch = watch
    this.#watched = watch.first
  }

  read(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#remaining === 0) {
        if (this.#held === 0 && chunk.length - at >= LONGEST_HEADER) {
          at += this.#startFrame(chunk, at)
        } else {
          this.#header[this.#held++] = chunk[at++]!
          if (this.#held < headerLength(this.#header, this.#held)) continue
          this.#held = 0
          this.#startFrame(this.#header, 0)
        }
      }
      const length = Math.min(this.#remaining, chunk.length - at)
      if (this.#copyTo !== undefined) {
        this.#copyTo.unmask(chunk, at, length, this.#maskingKey, this.#offset)
        this.#offset += length
      }
      at += length
      this.#remaining -= length
      if (this.#remaining === 0) this.#endFrame()
    }
  }

  /** The frames to send back, if there are any. */
  takeOutput(): Uint8Array | undefined {
    return this.#output.length === 0 ? undefined : this.#output.take()
  }

  #startFrame(bytes: Uint8Array, at: number): number {
    const first = bytes[at]!
    const length7 = bytes[at + 1]! & 0x7f
    let key = at + 2
    let length = length7
    if (length7 === 126) {
      length = (bytes[at + 2]! << 8) | bytes[at + 3]!
      key += 2
    } else if (length7 === 127) {
      length = Number(new DataView(bytes.buffer, bytes.byteOffset + at).getBigUint64(2))
      key += 8
    }
    if ((bytes[at + 1]! & 0x80) === 0) this.problem = "an unmasked frame"
    const opcode = first & 0x0f
    this.#fin = (first & 0x80) !== 0
    this.#control = opcode >= CLOSE
    this.#remaining = length
    if (this.#control || this.#echo) {
      if (opcode === CLOSE) this.closed = true
      this.#output.header(opcode === PING ? (first & 0xf0) | PONG : first, length)
      this.#copyTo = this.#output
    } else {
      this.#copyTo = this.messages === this.#watched ? this.#kept : undefined
    }
    if (!this.#control) {
      this.payloadBytes += length
      if ((first & 0x40) !== 0) this.compressed += 1
    }
    if (this.#copyTo !== undefined) {
      this.#offset = 0
      for (let byte = 0; byte < 4; byte++) this.#maskingKey[byte] = bytes[key + byte]!
    }
    return key + 4 - at
  }

  #endFrame(): void {
    if (this.#control || !this.#fin) return
    if (this.messages === this.#watched) this.#watched = this.#watch.take(this.messages, this.#kept.take())
    this.messages += 1
  }
}

const headerLength = (header: Uint8Array, held: number): number => {
  if (held < 2) return 2
  const length7 = header[1]! & 0x7f
  return 6 + (length7 === 126 ? 2 : length7 === 127 ? 8 : 0)
}

/** A growing run of bytes that is handed over whole. */
class Bytes {
  length = 0
  #bytes = new Uint8Array(1024)

  header(firstByte: number, payloadLength: number): void {
    this.#reserve(LONGEST_HEADER)
    if (payloadLength < 126) {
      this.#bytes[this.length++] = firstByte
      this.#bytes[this.length++] = payloadLength
    } else {
      const header = serverHeader(firstByte, payloadLength)
      this.#bytes.set(header, this.length)
      this.length += header.length
    }
  }

  unmask(from: Uint8Array, at: number, length: number, maskingKey: Uint8Array, offset: number): void {
    this.#reserve(length)
    const bytes = this.#bytes
    for (let index = 0; index < length; index++) {
      bytes[this.length + index] = from[at + index]! ^ maskingKey[(offset + index) & 3]!
    }
    this.length += length
  }

  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.length)
    this.length = 0
    return taken
  }

  #reserve(length: number): void {
    if (this.length + length <= this.#bytes.length) return
    const larger = new Uint8Array(2 * (this.length + length))
    larger.set(this.#bytes.subarray(0, this.length))
    this.#bytes = larger
  }
}

const LONGEST_HEADER = 14
