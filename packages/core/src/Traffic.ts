/**
 * What has passed in one direction of a connection: counts that only grow, for monitoring. Payload bytes are counted only where
 * compression changes them; the caller knows what else was written or read.
 */
import type { Deflater, Inflater } from "./Compression.ts"

export interface Traffic {
  /** Whole messages. */
  readonly messages: number
  /** Frames, including control frames. */
  readonly frames: number
  /** Payload bytes of compressed messages, as they are on the wire. */
  readonly compressedBytes: number
  /** The same bytes uncompressed. */
  readonly plainBytes: number
}

/** Counts payload bytes before and after compression, in the coders that it wraps. */
export class CompressionMeter {
  compressedBytes = 0
  plainBytes = 0

  /** The same inflater, but counting. */
  inflater({ close, inflate }: Inflater): Inflater {
    return {
      inflate: (bytes, start, end, last, room) => {
        const inflated = inflate(bytes, start, end, last, room)
        this.compressedBytes += end - start
        if (typeof inflated !== "string") this.plainBytes += inflated.length
        return inflated
      },
      close
    }
  }

  deflater({ close, deflate }: Deflater): Deflater {
    return {
      deflate: (payload, last) => {
        const deflated = deflate(payload, last)
        this.plainBytes += payload.length
        this.compressedBytes += deflated.length
        return deflated
      },
      close
    }
  }
}
