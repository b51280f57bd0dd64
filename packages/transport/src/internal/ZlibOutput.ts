/**
 * Collects the output of a coder's runs. All coders share one scratch buffer, since each runs to its end before the next. Most
 * messages fit into it and are not copied here.
 */
import type { Coder } from "./ZlibCoder.ts"

/** The output for one message: in the scratch buffer, which becomes a chunk each time it is full. */
export class Output {
  length = 0
  private readonly chunks: Array<Uint8Array> = []
  /** How much of the scratch buffer is used, and how much of that `unseen` has returned. */
  private end = 0
  private seen = 0

  /** Runs the coder over a range of its input. All runs together write at most `most` bytes. */
  run(coder: Coder, flush: number, input: Uint8Array, start: number, end: number, most = Infinity): void {
    if (this.full) this.keep()
    const room = Math.min(scratch.length - this.end, most - this.length)
    coder.run(flush, input, start, end, scratch, this.end, room)
    const count = room - coder.outputLeft
    this.end += count
    this.length += count
  }

  /** Whether the scratch buffer is full, so that the next run empties it first. */
  get full(): boolean {
    return this.end === scratch.length
  }

  /** What is new in the scratch buffer since the last call. */
  unseen(): Uint8Array {
    const bytes = scratch.subarray(this.seen, this.end)
    this.seen = this.end
    return bytes
  }

  /** All bytes, valid until the next run of any coder. */
  take(): Uint8Array {
    if (this.chunks.length === 0) return scratch.subarray(0, this.end)
    this.keep()
    const bytes = new Uint8Array(this.length)
    let at = 0
    for (const chunk of this.chunks) {
      bytes.set(chunk, at)
      at += chunk.length
    }
    return bytes
  }

  private keep(): void {
    this.chunks.push(scratch.slice(0, this.end))
    this.end = 0
    this.seen = 0
  }
}

/** Where coders write. Nothing in it is needed between two messages. */
const scratch = new Uint8Array(0x10000)
