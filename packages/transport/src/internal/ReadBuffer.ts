/**
 * The memory that a plain socket reads into: one buffer of 64 KiB, which Node fills again as soon as the chunk that came
 * in it was released. Fresh memory for each read would cost more than reading into it.
 *
 * A chunk that is not released belongs to whoever took it, and the next read gets a new buffer.
 */
import type { NonEmptyReadonlyArray } from "effect/Array"

export class ReadBuffer {
  /** Called inside the event that brought bytes. */
  onChunk: () => void = () => {}
  #buffer: Uint8Array<ArrayBuffer> | undefined
  #untaken: Array<Uint8Array> = []

  /** Node's `onread` option. */
  readonly option = {
    buffer: (): Uint8Array => {
      this.#buffer ??= new Uint8Array(size)
      return this.#buffer
    },
    /** False stops reading until `resume`. */
    callback: (length: number): boolean => {
      const buffer = this.#buffer!
      this.#buffer = undefined
      this.#untaken.push(new Uint8Array(buffer.buffer, 0, length))
      this.onChunk()
      if (this.#untaken.length === 0) return true
      this.#keepSmall(length)
      return false
    }
  }

  /** All that was read and not taken yet. */
  take(): NonEmptyReadonlyArray<Uint8Array> | undefined {
    const [first, ...rest] = this.#untaken
    if (first === undefined) return undefined
    this.#untaken = []
    return [first, ...rest]
  }

  /** The chunk will not be looked at again. */
  release(chunk: Uint8Array): void {
    if (chunk.buffer.byteLength === size) this.#buffer ??= new Uint8Array(chunk.buffer as ArrayBuffer)
  }

  /** A chunk that has to wait must not pin a buffer that it does not fill. */
  #keepSmall(length: number): void {
    if (length * 2 >= size) return
    const chunk = this.#untaken.pop()!
    this.#untaken.push(chunk.slice())
    this.release(chunk)
  }
}

/** One read of libuv. */
const size = 0x10000
