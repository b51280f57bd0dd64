/**
 * Payload bytes that came in pieces, in one array: it grows with the bytes received, to at most twice those plus 64 KiB,
 * never from an announced length alone. Pieces are copied as they come, so none pins the read that brought it, and each
 * byte is moved at most a few times, however many pieces there are.
 */
export class PayloadBuffer {
  /** A plain array of its own: `slice` on a Node Buffer would give a view of the read. */
  static copy(bytes: Uint8Array, start: number, end: number, allocate: (length: number) => Uint8Array): Uint8Array {
    const own = allocate(end - start)
    own.set(bytes.subarray(start, end))
    return own
  }

  length = 0
  private readonly allocate: (length: number) => Uint8Array
  private bytes: Uint8Array = empty

  /** `allocate` need not clear: every byte is written before it is given away. */
  constructor(allocate: (length: number) => Uint8Array = cleared) {
    this.allocate = allocate
  }

  /** Takes a copy of the piece. At most `coming` bytes follow it: no growing beyond them. Infinity: nobody knows. */
  append(source: Uint8Array, start: number, end: number, coming: number): void {
    const length = this.length + (end - start)
    if (length > this.bytes.length) {
      const whole = length + coming
      this.grow(whole <= length * 2 + spare ? whole : Math.max(length * 2, smallest))
    }
    this.bytes.set(source.subarray(start, end), this.length)
    this.length = length
  }

  /** All bytes so far, as a view that the next `append` may change. */
  view(): Uint8Array {
    return this.bytes.subarray(0, this.length)
  }

  /** Gives the bytes away, in an array that holds nothing else, and starts over. */
  take(): Uint8Array {
    const bytes = this.bytes.length === this.length ? this.bytes : this.bytes.slice(0, this.length)
    this.clear()
    return bytes
  }

  clear(): void {
    this.bytes = empty
    this.length = 0
  }

  /** Starts over in the same memory: what `view` gave is written over. */
  rewind(): void {
    this.length = 0
  }

  private grow(capacity: number): void {
    const grown = this.allocate(capacity)
    grown.set(this.view())
    this.bytes = grown
  }
}

const cleared = (length: number): Uint8Array => new Uint8Array(length)

/** What may be held beyond twice what came, when it is known that so much will come: one read of the platform. */
const spare = 0x10000

/** A message of tiny fragments does not begin with a row of tiny arrays. */
const smallest = 0x400

const empty = new Uint8Array(0)
