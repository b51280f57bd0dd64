/**
 * A coder of Node's zlib that runs on this thread and keeps its context. permessage-deflate needs this, and no public function
 * of Node offers it. The streams of `node:zlib` are public, and so is closing and resetting them. Only the call that runs the
 * native coder (`_handle.writeSync`) is not; Node's own `*Sync` functions are made of it. `NodeDeflate` checks that it works.
 */
import type * as Zlib from "node:zlib"
import * as Builtin from "./Builtin.ts"

/** The numbers of zlib.h. */
export const Z_SYNC_FLUSH = 2
export const Z_BLOCK = 5

export interface Coder {
  /** Runs until the input is used up, the output is full, or the stream has ended. Sets `inputLeft` and `outputLeft`. */
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

/** The undocumented members of a zlib stream that are used here. */
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
  /** How much output room and how much input the last call left. */
  readonly _writeState: Uint32Array
}

/** The smallest size for a stream's own output buffer, which is not used here. The default is 16 KiB. */
const chunkSize = 64
