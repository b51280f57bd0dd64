/**
 * Is what arrived what was sent? Counts and bytes are compared for every message by the harness; the content here, for some:
 * one message in 4,099, found by the number it begins with because fibers may overtake each other, or the first 32 of a
 * compressed connection, which are inflated in one go.
 */
import { constants, inflateRawSync } from "node:zlib"
import * as Frames from "../Frames.ts"
import { messages, NUMBER_BYTES } from "../Payloads.ts"
import type { Watch } from "./FrameReader.ts"
import type { Usage } from "./Usage.ts"

export const watch = (wire: Frames.Wire, usage: Usage): Watch => {
  const expected = messages(wire.payload, wire.size)
  const expectedBytes = (index: number) => Frames.bytesOf(expected[index % expected.length]!)
  const compare = (what: string, actual: Uint8Array, wanted: Uint8Array) => {
    if (Buffer.compare(actual, wanted) !== 0) usage.problem(`${what} does not have the content that was sent`)
  }

  if (wire.deflate !== true) {
    return {
      first: 0,
      take: (index, payload) => {
        compare(`message ${index}`, payload, expectedBytes(numberOf(payload)))
        return index + EVERY
      }
    }
  }

  const kept: Array<Uint8Array> = []
  return {
    first: 0,
    take: (index, payload) => {
      kept.push(payload, endOfBlock)
      if (index + 1 < INFLATED) return index + 1
      const series = Array.from({ length: INFLATED }, (_, at) => expectedBytes(at))
      const what = `the series of ${INFLATED} compressed messages`
      try {
        const inflated = inflateRawSync(Buffer.concat(kept), { finishFlush: constants.Z_SYNC_FLUSH })
        compare(what, inflated, Buffer.concat(series))
      } catch (error) {
        usage.problem(`${what} does not inflate: ${(error as Error).message}`)
      }
      return Number.POSITIVE_INFINITY
    }
  }
}

const numberOf = (payload: Uint8Array): number => Number(Buffer.from(payload.subarray(0, NUMBER_BYTES)).toString()) || 0

/** Prime, so that every distinct message has its turn. */
const EVERY = 4099
const INFLATED = 32
/** What RFC 7692 §7.2.1 takes off the end of a compressed message. */
const endOfBlock = Uint8Array.of(0x00, 0x00, 0xff, 0xff)
