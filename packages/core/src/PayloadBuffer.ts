/**
 * Payload bytes that came in pieces, in one array. It grows with the bytes received, to at most twice those plus 64 KiB, never
 * because of an announced length alone. Pieces are copied as they come, so none keeps its read in memory, and each byte is
 * moved only a few times, however many pieces there are.
 */
export class PayloadBuffer {
  /** Copies to a plain array: `slice` on a Node Buffer would return a view of the read. */
  static copy(bytes: Uint8Array, start: number, end: number, allocate: (length: number) => Uint8Array): Uint8Array {
    const own = allocate(end - start)
    own.set(bytes.subarray(start, end))
    return own
  }

  length = 0
  private readonly allocate: (length: number) => Uint8Array
  private bytes: Uint8Array = empty

  /** `allocate` need not clear memory: every byte is written before anyone sees it. */
  constructor(allocate: (length: number) => Uint8Array = cleared) {
    this.allocate = allocate
  }

  /** Copies the piece. At most `coming` bytes follow it, which limits how far the array grows; Infinity if that is unknown. */
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

  /** Returns the bytes, in an array that holds nothing else, and starts over. */
  take(): Uint8Array {
    const isOwn = this.length > 0 && this.length === this.bytes.length
    const bytes = isOwn ? this.bytes : this.bytes.slice(0, this.length)
    this.clear()
    return bytes
  }

  clear(): void {
    this.bytes = empty
    this.length = 0
  }

  /** Starts over in the same memory, which overwrites what `view` returned. */
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

/** How much may be held beyond twice what came, if that much is known to come: one read of the platform. */
const spare = 0x10000

/** So that a message of tiny fragments does not begin with many tiny arrays. */
const smallest = 0x400

const empty = new Uint8Array(0)
