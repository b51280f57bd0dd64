/**
 * Payload bytes that came in pieces, in one array: it grows with the bytes received, to at most twice those or 1 KiB,
 * never from an announced length alone. Pieces are merged as they come, so a tiny fragment never pins the read that
 * brought it, and each byte is moved at most a few times, however many pieces there are.
 */
export class PayloadBuffer {
  length = 0
  private bytes: Uint8Array = empty

  /** Takes a copy of the piece. At most `coming` bytes follow it: no growing beyond them. Infinity: nobody knows. */
  append(source: Uint8Array, start: number, end: number, coming: number): void {
    const length = this.length + (end - start)
    if (length > this.bytes.length) this.grow(Math.min(Math.max(length * 2, smallest), length + coming))
    this.bytes.set(source.subarray(start, end), this.length)
    this.length = length
  }

  /** All bytes so far, as a view that the next `append` may change. */
  view(): Uint8Array {
    return this.bytes.subarray(0, this.length)
  }

  /** Gives the bytes away, in an array that holds little else, and starts over. */
  take(): Uint8Array {
    const bytes = this.bytes.length - this.length > this.length >> 3 ? this.bytes.slice(0, this.length) : this.view()
    this.clear()
    return bytes
  }

  clear(): void {
    this.bytes = empty
    this.length = 0
  }

  private grow(capacity: number): void {
    const grown = new Uint8Array(capacity)
    grown.set(this.view())
    this.bytes = grown
  }
}

/** A message of tiny fragments does not begin with a row of tiny arrays. */
const smallest = 0x400

const empty = new Uint8Array(0)
