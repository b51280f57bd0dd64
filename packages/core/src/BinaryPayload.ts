/**
 * The payload of a binary message that comes in pieces: collected in blocks, and put into one array when it is complete. No
 * byte moves while the message grows, however many pieces there are. Once the rest is known to be no longer than what has come,
 * the final array replaces the blocks.
 *
 * It holds at most twice the bytes received plus 64 KiB, never what a header alone announces, and no piece keeps its read in
 * memory. `PayloadBuffer` is the plain form: one array that grows.
 */
export class BinaryPayload {
  /** Bytes so far. */
  length = 0
  private readonly allocate: (length: number) => Uint8Array
  /** The full blocks, in order; the open one comes after them. */
  private blocks: Array<Uint8Array> = []
  private block: Uint8Array = empty
  private filled = 0

  /** `allocate` need not clear memory: every byte is written before anyone sees it. */
  constructor(allocate: (length: number) => Uint8Array) {
    this.allocate = allocate
  }

  /** Copies the piece. At most `coming` bytes follow it; Infinity if that is unknown. */
  append(source: Uint8Array, start: number, end: number, coming: number): void {
    const length = this.length + (end - start)
    const room = this.block.length - this.filled
    if (end - start > room && length + coming <= length * 2 + blockBytes) this.open(this.join(length + coming))
    for (let at = start; at < end; ) {
      if (this.filled === this.block.length) this.openBlock(end - at)
      const count = Math.min(end - at, this.block.length - this.filled)
      this.block.set(source.subarray(at, at + count), this.filled)
      this.filled += count
      at += count
    }
    this.length = length
  }

  /** Returns the bytes, in an array that holds nothing else, and starts over. */
  take(): Uint8Array {
    const isWhole = this.length > 0 && this.blocks.length === 0 && this.filled === this.block.length
    const bytes = isWhole ? this.block : this.join(this.length)
    this.length = 0
    this.open(empty)
    return bytes
  }

  private open(block: Uint8Array): void {
    this.block = block
    this.filled = this.length
  }

  /** Blocks double up to 64 KiB, so a message of tiny fragments does not begin with many tiny arrays. */
  private openBlock(wanted: number): void {
    if (this.filled > 0) this.blocks.push(this.block)
    const size = Math.min(Math.max(this.length, wanted, smallestBlock), blockBytes)
    this.block = (size === blockBytes && spareBlocks.pop()) || this.allocate(size)
    this.filled = 0
  }

  /** Puts all bytes so far at the start of one array of that length, and frees the blocks for other messages. */
  private join(length: number): Uint8Array {
    const whole = this.allocate(length)
    let at = 0
    for (const block of this.blocks) {
      whole.set(block, at)
      at += block.length
      spare(block)
    }
    whole.set(this.block.subarray(0, this.filled), at)
    spare(this.block)
    this.blocks = []
    return whole
  }
}

const spare = (block: Uint8Array): void => {
  if (block.length === blockBytes && spareBlocks.length < mostSpareBlocks) spareBlocks.push(block)
}

/** One read of the platform. */
const blockBytes = 0x10000

const smallestBlock = 0x400

/**
 * Blocks that no message uses, kept for the next: fresh memory costs more than filling it. At most 1 MiB in all, as much as the
 * largest message takes by default.
 */
const spareBlocks: Array<Uint8Array> = []
const mostSpareBlocks = 16

const empty = new Uint8Array(0)
