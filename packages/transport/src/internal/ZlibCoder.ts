/**
 * A coder of Node's zlib, run on this thread and with its context kept: what permessage-deflate needs and no public
 * function of Node offers. The streaming objects of `node:zlib` are public, and so is closing and resetting them; the one
 * thing that is not is the call that runs the native coder (`_handle.writeSync`), which Node's own `*Sync` functions are
 * made of. Where it is missing, `NodeDeflate` says so.
 */
import type * as Zlib from "node:zlib"
import * as Builtin from "./Builtin.ts"

/** zlib.h has these numbers. */
export const Z_SYNC_FLUSH = 2
export const Z_BLOCK = 5

/** A coder that can be run on this thread. */
export interface Coder {
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

export const deflating = (options: Zlib.ZlibOptions): Coder =>
  makeCoder(Builtin.zlib().createDeflateRaw({ ...options, chunkSize }))

export const inflating = (options: Zlib.ZlibOptions): Coder =>
  makeCoder(Builtin.zlib().createInflateRaw({ ...options, chunkSize }))

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
