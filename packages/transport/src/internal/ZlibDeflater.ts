/**
 * Deflates messages by Node's zlib (RFC 7692 §7.2.1): with its context kept where this Node can, or each by itself.
 *
 * docs/decisions.md has what the other ways cost: a hop to the thread pool for each message, a new coder for each
 * message, or one written in JavaScript.
 */
import { Compression } from "@effect-websocket/core"
import * as Builtin from "./Builtin.ts"
import { type Coder, deflating, Z_SYNC_FLUSH } from "./ZlibCoder.ts"
import { Output } from "./ZlibOutput.ts"

export const deflater = (options: Compression.DeflaterOptions): Compression.Deflater => {
  let coder: Coder | undefined
  return {
    deflate: (payload, last = true) => {
      // zlib leaves a flush out when nothing came since the last one; this is what it would be (RFC 7692 §7.2.3.6).
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

/** Without the undocumented call: a coder for each message, which takes no context over, as a sender always may. */
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

/** zlib's smallest window has 9 bits, in which it reaches back no further than 250 bytes: 8 bits are kept as well. */
const zlibOptions = ({ level, memoryLevel, windowBits }: Compression.DeflaterOptions) => ({
  windowBits: Math.max(9, windowBits),
  level,
  memLevel: memoryLevel
})

/** The empty stored block that a message may end with, without its tail. */
const emptyBlock = Uint8Array.of(0x00)

const withoutTail = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, bytes.length - Compression.tail.length)
