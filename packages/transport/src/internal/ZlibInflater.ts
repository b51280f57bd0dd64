/**
 * Inflates messages by Node's zlib (RFC 7692 §7.2.2), no further than there is room for. zlib stops for good at a last
 * block, which a message may hold; how it goes on, and how often it may, is known here.
 */
import { Compression, Window } from "@effect-websocket/core"
import { type Coder, inflating, Z_BLOCK, Z_SYNC_FLUSH } from "./ZlibCoder.ts"
import { Output } from "./ZlibOutput.ts"

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

/** A window as a stored block, and where such a block is inflated to. */
const stored = new Uint8Array(5 + 0x8000)
const nowhere = new Uint8Array(0x8000)
