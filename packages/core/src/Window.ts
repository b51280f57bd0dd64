/**
 * The last bytes of a stream: what DEFLATE may refer back to (RFC 1951 §2). It is kept from message to message with context
 * takeover (RFC 7692 §7.1.1).
 */
export class Window {
  private readonly size: number
  private ring: Uint8Array = empty
  /** Bytes pushed so far. */
  private pushed = 0

  /** Keeps the last 2^`bits` bytes. */
  constructor(bits: number) {
    this.size = 1 << bits
  }

  push(output: Uint8Array): void {
    if (this.ring.length === 0) this.ring = new Uint8Array(this.size)
    const kept = output.subarray(Math.max(0, output.length - this.size))
    const at = (this.pushed + output.length - kept.length) % this.size
    const wraps = Math.max(0, at + kept.length - this.size)
    this.ring.set(kept.subarray(0, kept.length - wraps), at)
    this.ring.set(kept.subarray(kept.length - wraps), 0)
    this.pushed += output.length
  }

  /** How many bytes there are. */
  get length(): number {
    return Math.min(this.pushed, this.size)
  }

  /** Writes the bytes into `target` from `offset` on, oldest first. */
  copyTo(target: Uint8Array, offset: number): void {
    const oldest = this.pushed > this.size ? this.pushed % this.size : 0
    target.set(this.ring.subarray(oldest, oldest + this.length), offset)
    target.set(this.ring.subarray(0, oldest), offset + this.length - oldest)
  }

  clear(): void {
    this.ring = empty
    this.pushed = 0
  }
}

const empty = new Uint8Array(0)
