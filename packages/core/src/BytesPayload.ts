/**
 * The payload of a binary message that comes in pieces. A large piece that fills most of its read is kept where it lies
 * until the message is whole; another is merged with its neighbours, so that it never pins the read that brought it, and
 * so that a message that comes byte by byte is not a list of its bytes.
 * So a message in the making holds about twice its bytes at most, and each byte is copied once or twice.
 */
import { PayloadBuffer } from "./PayloadBuffer.ts"

export class BytesPayload {
  /** Bytes so far. */
  length = 0
  private parts: Array<Uint8Array> = []
  private readonly small = new PayloadBuffer()

  /** Takes the piece. At most `coming` bytes follow it; Infinity: nobody knows. */
  append(bytes: Uint8Array, start: number, end: number, coming: number): void {
    const length = end - start
    this.length += length
    if (length < keepFrom || length * 2 < bytes.buffer.byteLength) return this.small.append(bytes, start, end, coming)
    this.closeSmall()
    this.parts.push(bytes.subarray(start, end))
  }

  /** The message, as a plain array of its own, and starts over. */
  take(): Uint8Array {
    const whole = this.parts.length === 0 ? this.small.take() : this.join()
    this.parts = []
    this.length = 0
    return whole
  }

  private closeSmall(): void {
    if (this.small.length > 0) this.parts.push(this.small.take())
  }

  private join(): Uint8Array {
    this.closeSmall()
    const whole = new Uint8Array(this.length)
    let at = 0
    for (const part of this.parts) {
      whole.set(part, at)
      at += part.length
    }
    return whole
  }
}

/** A view and its place in a list cost a few hundred bytes: nothing beside so large a piece. */
const keepFrom = 0x1000
