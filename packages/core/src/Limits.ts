/**
 * Limits on what a peer may make an endpoint hold, and the answer when one is exceeded: MessageTooBig, close code 1009 (RFC
 * 6455 §7.4.1, §10.4). Each default has its reason here.
 */
export interface Limits {
  /** Bytes of one message, all fragments together. Default 1 MiB; `Infinity` means what the platform can hold. */
  readonly maxMessageBytes: number
  /** Payload bytes of one frame. Default: the same as `maxMessageBytes`, since a frame is part of a message. */
  readonly maxFrameBytes: number
  /**
   * Fragments of one message, plus one for each 16 bytes received. Default 1,024: that stops floods of tiny and empty
   * fragments, but lets an honest peer send 65,537 fragments of 64 bytes.
   */
  readonly maxFragments: number
}

export const defaults: Limits = Object.freeze({
  maxMessageBytes: 0x100000,
  maxFrameBytes: 0x100000,
  maxFragments: 1024
})

/** How many received bytes allow one fragment beyond `maxFragments`. */
export const bytesPerExtraFragment = 16

export interface MessageTooBig {
  readonly _tag: "MessageTooBig"
  /** Which limit was exceeded. */
  readonly limit: keyof Limits
  /** The limit's value: bytes, or a count for `maxFragments`. */
  readonly allowed: number
  /** Bytes announced or received (fragments for `maxFragments`) when it was exceeded. */
  readonly seen: number
  readonly closeCode: 1009
}

export const tooBig = (limit: keyof Limits, allowed: number, seen: number): MessageTooBig =>
  Object.freeze({ _tag: "MessageTooBig", limit, allowed, seen, closeCode: 1009 })
