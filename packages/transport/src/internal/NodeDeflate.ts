/**
 * DEFLATE by Node's zlib, synchronously and with its context kept: what permessage-deflate needs and no public function
 * of Node offers. The streaming objects of `node:zlib` are public, and so is closing and resetting them; the one thing
 * that is not is the call that runs the native coder on this thread (`_handle.writeSync`), which Node's own `*Sync`
 * functions are made of. Where it is missing, `isAvailable` says so and `NodePlatform` uses slower forms.
 *
 * docs/decisions.md has what the other ways cost: a hop to the thread pool for each message, a new coder for each
 * message, or one written in JavaScript.
 */
import type * as Zlib from "node:zlib"
import { Compression, Window } from "@effect-websocket/core"
import * as Builtin from "./Builtin.ts"

/** zlib.h has these numbers. */
const Z_SYNC_FLUSH = 2
const Z_BLOCK = 5

export const deflater = (options: Compression.DeflaterOptions): Compression.Deflater => {
  let coder: Coder | undefined
  return {
    deflate: (payload, last = true) => {
      // zlib leaves a flush out when nothing came since the last one; this is what it would be (RFC 7692 §7.2.3.6).
      if (payload.length === 0) {
        if (last && !options.contextTakeover) coder?.reset()
        return last ? emptyBlock : payload
      }
      coder ??= makeCoder(Builtin.zlib().createDeflateRaw({ ...zlibOptions(options), chunkSize }))
      const output = new Output()
      let at = 0
      do {
        output.run(coder, Z_SYNC_FLUSH, payload, at, payload.length)
        at = payload.length - coder.inputLeft
      } while (coder.outputLeft === 0)
      if (last && !options.contextTakeover) coder.reset()
      return last ? withoutTail(output.take()) : output.take()
    },
    close: () => {
      coder?.close()
      coder = undefined
    }
  }
}

/** Without the undocumented call: a coder for each message, which takes no context over, as a sender always may. */
export const oneShotDeflater = (options: Compression.DeflaterOptions): Compression.Deflater => ({
  deflate: (payload, last = true) => {
    if (payload.length === 0) return last ? emptyBlock : payload
    const bytes = Builtin.zlib().deflateRawSync(payload, { ...zlibOptions(options), finishFlush: Z_SYNC_FLUSH })
    return last ? withoutTail(bytes) : bytes
  },
  close: () => {}
})

/** zlib's smallest window has 9 bits, in which it reaches back no further than 250 bytes: 8 bits are kept as well. */
const zlibOptions = ({ level, memoryLevel, windowBits }: Compression.DeflaterOptions) => ({
  windowBits: Math.max(9, windowBits),
  level,
  memLevel: memoryLevel
})

/** The empty stored block that a message may end with, without its tail. */
const emptyBlock = Uint8Array.of(0x00)

const withoutTail = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, bytes.length - Compression.tail.length)

export const inflater = ({ contextTakeover, windowBits }: Compression.InflaterOptions): Compression.Inflater => {
  const window = new Window.Window(windowBits)
  let coder: Coder | undefined
  /** How often the current message went on after a last block. */
  let continuations = 0

  /** Inflates one range; answers what stopped it, if anything. */
  const run = (
    coder: Coder,
    bytes: Uint8Array,
    start: number,
    end: number,
    output: Output,
    room: number
  ): Compression.InflateFailure | undefined => {
    for (let at = start; ; ) {
      if (output.full) window.push(output.unseen())
      output.run(coder, Z_SYNC_FLUSH, bytes, at, end, room + 1)
      if (coder.failed) return "Corrupt"
      if (output.length > room) return "TooBig"
      at = end - coder.inputLeft
      if (coder.outputLeft === 0) continue
      if (at === end) return undefined
      if (++continuations > maxContinuations + output.length / bytesPerContinuation) return "Corrupt"
      goOn(coder, output)
    }
  }

  /**
   * A last block ended the stream. What follows is another one with the same window (RFC 7692 §7.2.3.4), which the coder
   * gets back as a stored block (RFC 1951 §3.2.4). A new coder each time would let one message of a peer, full of last
   * blocks, have as many of them as `maxContinuations` allows.
   */
  const goOn = (coder: Coder, output: Output) => {
    window.push(output.unseen())
    coder.reset()
    const { length } = window
    stored.set([0x00, length & 0xff, length >>> 8, ~length & 0xff, (~length >>> 8) & 0xff])
    window.copyTo(stored, 5)
    coder.run(Z_SYNC_FLUSH, stored, 0, 5 + length, nowhere, 0, nowhere.length)
  }

  const close = () => {
    coder?.close()
    coder = undefined
    window.clear()
  }

  return {
    inflate: (bytes, start, end, last, room) => {
      coder ??= makeCoder(Builtin.zlib().createInflateRaw({ windowBits, chunkSize }))
      const output = new Output()
      const failure = run(coder, bytes, start, end, output, room) ?? (last && !endsWell(coder) ? "Corrupt" : undefined)
      if (failure !== undefined) {
        close()
        return failure
      }
      if (last) continuations = 0
      if (contextTakeover || !last) {
        window.push(output.unseen())
      } else {
        coder.reset()
        window.clear()
      }
      return output.take()
    },
    close
  }
}

/**
 * A message of nothing but last blocks would hold the event loop for seconds; a sender that flushes by last blocks
 * (RFC 7692 §7.2.3.4) needs one for each flush.
 */
const maxContinuations = 1024
const bytesPerContinuation = 16

/**
 * Does the tail end an empty stored block, as it must (RFC 7692 §7.2.1)? Then zlib, asked to stop where a block ends,
 * leaves alone what comes behind it, and has nothing to give. Inside of anything else the message was cut off.
 */
const endsWell = (coder: Coder): boolean => {
  coder.run(Z_BLOCK, tailAndMore, 0, tailAndMore.length, nowhere, 0, nowhere.length)
  return !coder.failed && coder.inputLeft === 1 && coder.outputLeft === nowhere.length
}

const tailAndMore = Uint8Array.of(...Compression.tail, 0x00)

/** What the runs of a coder gave: in the scratch buffer, and in chunks each time that was full. */
class Output {
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

/** A coder that can be run on this thread. */
interface Coder {
  /** Runs until the input is used up, the output is full, or the stream has ended; says what is left of both. */
  readonly run: (
    flush: number,
    input: Uint8Array,
    start: number,
    end: number,
    output: Uint8Array,
    offset: number,
    room: number
  ) => void
  inputLeft: number
  outputLeft: number
  failed: boolean
  readonly reset: () => void
  readonly close: () => void
}

const makeCoder = (stream: Zlib.DeflateRaw | Zlib.InflateRaw): Coder => {
  const { _handle: handle, _writeState: left } = stream as unknown as Internals
  const coder: Coder = {
    inputLeft: 0,
    outputLeft: 0,
    failed: false,
    run: (flush, input, start, end, output, offset, room) => {
      handle.writeSync(flush, input, start, end - start, output, offset, room)
      coder.outputLeft = left[0]!
      coder.inputLeft = left[1]!
    },
    reset: () => stream.reset(),
    close: () => stream.close()
  }
  const onError = () => {
    coder.failed = true
  }
  handle.onerror = onError
  return coder
}

/** The undocumented part of a zlib stream, as far as it is used here. */
interface Internals {
  readonly _handle: {
    readonly writeSync: (
      flush: number,
      input: Uint8Array,
      inputOffset: number,
      inputLength: number,
      output: Uint8Array,
      outputOffset: number,
      outputLength: number
    ) => void
    onerror: () => void
  }
  /** Bytes of room and of input that the last call left. */
  readonly _writeState: Uint32Array
}

/** The least that a stream may set aside for its own output, which is never used here; the default is 16 KiB. */
const chunkSize = 64

/** Where coders write: a run leaves nothing behind in it that is still needed. */
const scratch = new Uint8Array(0x10000)

/** A window as a stored block, and where such a block is inflated to. */
const stored = new Uint8Array(5 + 0x8000)
const nowhere = new Uint8Array(0x8000)

/** Does this Node have what is undocumented? Asked once, by doing it (RFC 7692 §7.2.3.2, the second message). */
export const isAvailable = (): boolean => (available ??= probe())

let available: boolean | undefined

const probe = (): boolean => {
  const coder = inflater({ windowBits: 15, contextTakeover: true })
  const inflate = (...bytes: Array<number>) => String(coder.inflate(Uint8Array.from(bytes), 0, bytes.length, true, 5))
  try {
    const first = inflate(0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00)
    return first === inflate(0xf2, 0x00, 0x11, 0x00, 0x00)
  } catch {
    return false
  } finally {
    coder.close()
  }
}
