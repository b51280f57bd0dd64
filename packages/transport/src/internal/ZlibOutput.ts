/**
 * What the runs of a coder give, gathered in one place for all coders: they run one after the other, each to its end. Most
 * messages fit into the scratch buffer, and are never copied here.
 */
import type { Coder } from "./ZlibCoder.ts"

/** The output for one message: in the scratch buffer, and in chunks each time that was full. */
export class Output {
  length = 0
  private readonly chunks: Array<Uint8Array> = []
  /** The end of what stands in the scratch buffer, and of what `unseen` gave of it. */
  private end = 0
  private seen = 0

  /** Runs the coder over a range of its input, with room until all runs together have given `most`. */
  run(coder: Coder, flush: number, input: Uint8Array, start: number, end: number, most = Infinity): void {
    if (this.full) this.keep()
    const room = Math.min(scratch.length - this.end, most - this.length)
    coder.run(flush, input, start, end, scratch, this.end, room)
    const count = room - coder.outputLeft
    this.end += count
    this.length += count
  }

  /** The next run moves what stands in the scratch buffer out of its way. */
  get full(): boolean {
    return this.end === scratch.length
  }

  /** What is new in the scratch buffer since the last call. */
  unseen(): Uint8Array {
    const bytes = scratch.subarray(this.seen, this.end)
    this.seen = this.end
    return bytes
  }

  /** All bytes: valid until the next run of any coder. */
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

/** Where coders write: a run leaves nothing behind in it that is still needed. */
const scratch = new Uint8Array(0x10000)
