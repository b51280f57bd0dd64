/**
 * Deflates messages with Node's zlib (RFC 7692 §7.2.1): with one coder that keeps its context, or with a new coder for each
 * message.
 *
 * docs/decisions.md says what other ways cost: the thread pool, a new coder for each message, or a coder in JavaScript.
 */
import { Compression } from "@effect-websocket/core"
import * as Builtin from "./Builtin.ts"
import { type Coder, deflating, Z_SYNC_FLUSH } from "./ZlibCoder.ts"
import { Output } from "./ZlibOutput.ts"

export const deflater = (options: Compression.DeflaterOptions): Compression.Deflater => {
  let coder: Coder | undefined
  return {
    deflate: (payload, last = true) => {
      // zlib does not flush if nothing came since the last flush. This is what it would write (RFC 7692 §7.2.3.6).
      if (payload.length === 0) {
        if (last && !options.contextTakeover) coder?.reset()
        return last ? emptyBlock : payload
      }
      coder ??= deflating(zlibOptions(options))
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

/** For a Node without the undocumented call: a new coder for each message, without context takeover, as a sender always may. */
export const oneShotDeflater = (options: Compression.DeflaterOptions): Compression.Deflater => ({
  deflate: (payload, last = true) => {
    if (payload.length === 0) return last ? emptyBlock : payload
    const bytes = Builtin.zlib().deflateRawSync(payload, {
      ...zlibOptions(options),
      finishFlush: Z_SYNC_FLUSH
    })
    return last ? withoutTail(bytes) : bytes
  },
  close: () => {}
})

/** zlib's smallest window has 9 bits, but it reaches back at most 250 bytes then, which a window of 8 bits allows too. */
const zlibOptions = ({ level, memoryLevel, windowBits }: Compression.DeflaterOptions) => ({
  windowBits: Math.max(9, windowBits),
  level,
  memLevel: memoryLevel
})

/** An empty stored block, without its tail. */
const emptyBlock = Uint8Array.of(0x00)

const withoutTail = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, bytes.length - Compression.tail.length)
