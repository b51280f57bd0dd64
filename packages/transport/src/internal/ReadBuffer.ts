/**
 * The memory that a plain socket reads into.
 *
 * Sockets that read little share one buffer of 64 KiB, so an idle connection holds none. Each read is copied out of it at once,
 * since the next one may be another socket's. A socket that reads a lot has its own buffer. Node fills that again once its
 * chunk was released, since fresh memory for each large read would cost more than the read. A chunk that is not released
 * belongs to whoever took it, and the next read gets a new buffer.
 */
import type { NonEmptyArray, NonEmptyReadonlyArray } from "effect/Array"
import * as Ballast from "./Ballast.ts"
import * as SmallReads from "./SmallReads.ts"

export class ReadBuffer {
  /** Called inside the event that brought bytes. */
  reader: { deliver(): void } | undefined
  /** What Node fills next. */
  #buffer: Uint8Array<ArrayBuffer> | undefined
  #untaken: NonEmptyArray<Uint8Array> | undefined
  /** Whether Node has to be told to read: at the beginning, and after it was told to stop. */
  hasStopped = true
  /** Whether the socket has its own buffer. */
  #isBusy = !canShare
  /** How many reads in a row were of the other kind: large while not busy, or small while busy. */
  #changing = 0

  /** Node's `onread` option, for the socket that reads into it. */
  onread(): { buffer: () => Uint8Array; callback: (length: number) => boolean } {
    return {
      buffer: () => {
        this.#buffer ??= this.#isBusy ? ownBuffer() : sharedBuffer()
        return this.#buffer
      },
      // False stops reading until `resume`.
      callback: (length) => {
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
  }

  /** Takes everything that was read. */
  take(): NonEmptyReadonlyArray<Uint8Array> | undefined {
    const untaken = this.#untaken
    this.#untaken = undefined
    return untaken
  }

  /** The chunk is not used any more, so its memory may be used again. */
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

  /** Copies the last chunk, which has to wait, if it would keep a buffer alive that it does not half fill. */
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

/** After this many reads in a row of the other kind, the buffer changes. One long answer of a server is not enough. */
const changeAfter = 8

/** Windows fills the memory while other sockets wait with the same memory. Elsewhere it is filled inside the event. */
const canShare = process.platform !== "win32"

/** Cleared, since a program can see the whole buffer through any chunk of it. */
const ownBuffer = () => {
  Ballast.add(size)
  return new Uint8Array(size)
}

/** Holds nothing between two reads. */
let shared: Uint8Array<ArrayBuffer> | undefined

const sharedBuffer = () => {
  shared ??= new Uint8Array(sharedSize)
  return shared
}

const copyOf = (read: Uint8Array): Uint8Array =>
  read.length < SmallReads.smallRead ? SmallReads.copy(read) : read.slice()
