/**
 * What permessage-deflate needs from a platform (RFC 7692 §7.2): compressing and inflating messages synchronously, which keeps
 * them in order.
 */
export interface DeflaterOptions {
  /** n from 8 to 15: the window is at most 2^n bytes. */
  readonly windowBits: number
  /** The window is kept from message to message. */
  readonly contextTakeover: boolean
  /** 1 (fast) to 9 (small). */
  readonly level: number
  /** 1 (least memory) to 9. */
  readonly memoryLevel: number
}

export interface Deflater {
  /**
   * Compresses a message's payload, or the next part of it: `last` is false while more parts follow. All of the part is in the
   * result, and the message ends without the four bytes of `tail` (RFC 7692 §7.2.1). The result is valid until the next call
   * of any coder.
   */
  readonly deflate: (payload: Uint8Array, last?: boolean) => Uint8Array
  /** Frees what it holds. */
  readonly close: () => void
}

export interface InflaterOptions {
  /** The peer's window, as for `DeflaterOptions`. */
  readonly windowBits: number
  readonly contextTakeover: boolean
}

export interface Inflater {
  /**
   * Inflates one piece of a compressed message to at most `room` bytes, valid until the next call of any coder. `last` marks
   * the message's last piece. After a failure the inflater is closed.
   */
  readonly inflate: (
    bytes: Uint8Array,
    start: number,
    end: number,
    last: boolean,
    room: number
  ) => Uint8Array | InflateFailure
  /** Frees what it holds. */
  readonly close: () => void
}

/** There is more than `room`, or the bytes are not DEFLATE. */
export type InflateFailure = "TooBig" | "Corrupt"

/** The bytes that a sender removes from the end of a message and a receiver puts back (RFC 7692 §7.2.1, §7.2.2). */
export const tail: Uint8Array = Uint8Array.of(0x00, 0x00, 0xff, 0xff)

/** A deflater that writes stored blocks, uncompressed (RFC 1951 §3.2.4), for platforms that have none. */
export const storing = (): Deflater => ({
  deflate: (payload, last = true) => {
    const blocks = Math.max(1, Math.ceil(payload.length / maxStored))
    const bytes = new Uint8Array(payload.length + blocks * 5 + 1)
    for (let block = 0, at = 0; block < blocks; block++) {
      const part = payload.subarray(block * maxStored, (block + 1) * maxStored)
      bytes.set([0, part.length & 0xff, part.length >>> 8, ~part.length & 0xff, (~part.length >>> 8) & 0xff], at)
      bytes.set(part, at + 5)
      at += 5 + part.length
    }
    // The last byte begins the empty block; the tail is the rest of it.
    return last ? bytes : bytes.subarray(0, -1)
  },
  close: () => {}
})

const maxStored = 0xffff
