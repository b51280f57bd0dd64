/**
 * The memory that a plain socket reads into.
 *
 * Sockets that read little share one buffer of 64 KiB, and what came is copied out of it, so that an idle connection holds
 * none: each of them may be told to read into it before another one's bytes were looked at. One that reads a lot has a
 * buffer of its own, which Node fills again as soon as the chunk that came in it was released: fresh memory for each large
 * read would cost more than reading into it. A chunk that is not released belongs to whoever took it, and the next read
 * gets a new buffer.
 */
import type { NonEmptyArray, NonEmptyReadonlyArray } from "effect/Array"
import * as Ballast from "./Ballast.ts"
import * as SmallReads from "./SmallReads.ts"

export class ReadBuffer {
  /** Told inside the event that brought bytes. */
  reader: { deliver(): void } | undefined
  /** What Node fills next. */
  #buffer: Uint8Array<ArrayBuffer> | undefined
  #untaken: NonEmptyArray<Uint8Array> | undefined
  /** Node has to be told to read: at the beginning, and after it was told to stop. */
  hasStopped = true
  #isBusy = !canShare
  /** Reads in a row that speak for the other kind of buffer. */
  #changing = 0

  /** Node's `onread` option. */
  readonly option = {
    buffer: (): Uint8Array => {
      this.#buffer ??= this.#isBusy ? ownBuffer() : sharedBuffer()
      return this.#buffer
    },
    /** False stops reading until `resume`. */
    callback: (length: number): boolean => {
      const buffer = this.#buffer!
      this.#buffer = undefined
      const read = new Uint8Array(buffer.buffer, 0, length)
      const chunk = buffer === shared ? copyOf(read) : read
      if (this.#untaken === undefined) this.#untaken = [chunk]
      else this.#untaken.push(chunk)
      this.#judge(length)
      this.reader?.deliver()
      if (this.#untaken === undefined) return true
      this.#keepSmall(length, this.#untaken)
      this.hasStopped = true
      return false
    }
  }

  /** All that was read and not taken yet. */
  take(): NonEmptyReadonlyArray<Uint8Array> | undefined {
    const untaken = this.#untaken
    this.#untaken = undefined
    return untaken
  }

  /** The chunk will not be looked at again. */
  release(chunk: Uint8Array): void {
    if (SmallReads.holds(chunk)) SmallReads.takeBack(chunk)
    else if (this.#isBusy && chunk.buffer.byteLength === size) {
      this.#buffer ??= new Uint8Array(chunk.buffer as ArrayBuffer)
    }
  }

  #judge(length: number): void {
    if (!canShare) return
    this.#changing = this.#isBusy === length >= largeRead ? 0 : this.#changing + 1
    if (this.#changing < changeAfter) return
    this.#isBusy = !this.#isBusy
    this.#changing = 0
  }

  /** A chunk that has to wait must not pin a buffer that it does not fill. */
  #keepSmall(length: number, untaken: NonEmptyArray<Uint8Array>): void {
    const chunk = untaken[untaken.length - 1]!
    const fills = length * 2 >= size || chunk.buffer.byteLength !== size
    if (fills && !SmallReads.holds(chunk)) return
    untaken[untaken.length - 1] = chunk.slice()
    this.release(chunk)
  }
}

/**
 * Two reads of libuv: twice as many messages of 16 KiB and more lie whole in one, and fewer reads cost less (by a third for
 * texts of 16 KiB; twice as much again brings nothing).
 */
const size = 0x20000

/** One read of libuv. */
const sharedSize = 0x10000

/** From here on, a copy of a read costs more than a microsecond. */
const largeRead = 0x4000

/** So many reads in a row make a socket busy, or quiet: what a server tells once when it is asked does not. */
const changeAfter = 8

/** Elsewhere the kernel fills the memory inside the event; Windows does so while others wait with the same memory. */
const canShare = process.platform !== "win32"

/** Cleared: what is given of it shows all of it to whoever asks for its buffer. */
const ownBuffer = () => {
  Ballast.add(size)
  return new Uint8Array(size)
}

/** Nothing is in it between two reads. */
let shared: Uint8Array<ArrayBuffer> | undefined

const sharedBuffer = () => {
  shared ??= new Uint8Array(sharedSize)
  return shared
}

const copyOf = (read: Uint8Array): Uint8Array =>
  read.length < SmallReads.smallRead ? SmallReads.copy(read) : read.slice()
