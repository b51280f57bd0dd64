/**
 * Inflates messages with Node's zlib (RFC 7692 §7.2.2), never beyond the given room. A message may contain blocks that are
 * marked as the last, at which zlib stops for good. This module makes it continue, and limits how often.
 */
import { Compression, Window } from "@effect-websocket/core"
import { type Coder, inflating, Z_BLOCK, Z_SYNC_FLUSH } from "./ZlibCoder.ts"
import { Output } from "./ZlibOutput.ts"

export const inflater = ({ contextTakeover, windowBits }: Compression.InflaterOptions): Compression.Inflater => {
  const window = new Window.Window(windowBits)
  let coder: Coder | undefined
  /** How often the current message continued after a last block. */
  let continuations = 0

  /** Inflates one range. Returns a failure, if there was one. */
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
   * Continues after a last block with the same window (RFC 7692 §7.2.3.4): the coder is reset, and gets the window back as a
   * stored block (RFC 1951 §3.2.4). It is not replaced by a new one, since a message full of last blocks would need as many
   * coders as `maxContinuations` allows.
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
      coder ??= inflating({ windowBits })
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
 * A message of nothing but last blocks would block the event loop for seconds. A sender that flushes with last blocks (RFC 7692
 * §7.2.3.4) needs one for each flush.
 */
const maxContinuations = 1024
const bytesPerContinuation = 16

/**
 * Whether the tail ends an empty stored block, as it must (RFC 7692 §7.2.1). If so, zlib, which is told to stop at the end of a
 * block, leaves the byte after it and writes nothing. Otherwise the message was cut off. A dynamic block may end in the tail's
 * last byte as well: of a million broken messages a few pass for that, and finding them would take a run more per message.
 */
const endsWell = (coder: Coder): boolean => {
  coder.run(Z_BLOCK, tailAndMore, 0, tailAndMore.length, nowhere, 0, nowhere.length)
  return !coder.failed && coder.inputLeft === 1 && coder.outputLeft === nowhere.length
}

const tailAndMore = Uint8Array.of(...Compression.tail, 0x00)

/** Memory for a window as a stored block, and for what such a block inflates to. */
const stored = new Uint8Array(5 + 0x8000)
const nowhere = new Uint8Array(0x8000)
