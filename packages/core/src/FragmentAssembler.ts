/**
 * Fragments: a message as it arrives, so that it may be larger than memory (RFC 6455 §5.4).
 *
 * Each element is the part of one fragment that is in one read. An intermediary may fragment a message anew (RFC 6455 §5.4), so
 * the boundaries mean nothing. Still, every end of a fragment is delivered, even of an empty one.
 */
import type { Assembler, Assembly, Failure, Kind } from "./Assembler.ts"
import type { Inflater } from "./Compression.ts"
import type { FrameDecoder } from "./FrameDecoder.ts"
import { Intake } from "./Intake.ts"
import type { Limits } from "./Limits.ts"
import { PayloadBuffer } from "./PayloadBuffer.ts"
import type { Platform } from "./Platform.ts"
import * as ProtocolViolation from "./ProtocolViolation.ts"
import { Utf8Decoder } from "./Utf8Decoder.ts"

/** A part of a text: whole characters. */
export interface TextFragment {
  readonly kind: "text"
  readonly data: string
  /** The message ends with it. */
  readonly last: boolean
}

/** A part of a message as bytes, which belong to the receiver. */
export interface BytesFragment<K extends Kind = Kind> {
  readonly kind: K
  readonly data: Uint8Array
  /** The message ends with it. */
  readonly last: boolean
}

export type Fragment = TextFragment | BytesFragment<"binary">

export class FragmentAssembler implements Assembler<Fragment | BytesFragment> {
  private readonly platform: Platform
  private readonly intake: Intake
  /** Undefined if a text is delivered as the bytes that came. */
  private readonly text: Utf8Decoder | undefined
  /** Bytes of the current message so far. */
  private length = 0

  constructor(platform: Platform, limits: Limits, inflater?: Inflater, textAs: "string" | "bytes" = "string") {
    this.platform = platform
    this.intake = new Intake(limits, inflater)
    this.text = textAs === "string" ? new Utf8Decoder(platform) : undefined
  }

  take(piece: FrameDecoder): Fragment | BytesFragment | undefined | Failure {
    const failure = piece.first ? this.intake.begin(piece.header, this.length) : undefined
    if (failure !== undefined) return failure
    if (!this.intake.compressed) return this.give(piece, piece.bytes, piece.start, piece.end)
    piece.shorten(inflatedAtOnce)
    const inflated = this.intake.inflate(piece, this.length)
    return inflated instanceof Uint8Array ? this.give(piece, inflated, 0, inflated.length) : inflated
  }

  private give(
    piece: FrameDecoder,
    bytes: Uint8Array,
    start: number,
    end: number
  ): Fragment | BytesFragment | undefined | Failure {
    const last = piece.last && piece.header.fin
    this.length = last ? 0 : this.length + end - start
    if (this.intake.kind === "text" && this.text !== undefined) {
      const data = this.text.take(bytes, start, end, last)
      if (data === undefined) return ProtocolViolation.all.InvalidUtf8
      return data.length > 0 || piece.last ? { kind: "text", data, last } : undefined
    }
    if (start === end && !piece.last) return undefined
    return { kind: this.intake.kind, data: PayloadBuffer.copy(bytes, start, end, this.platform.allocate), last }
  }
}

const assembly = (textAs: "string" | "bytes"): Assembly<Fragment | BytesFragment> => ({
  make: (...parts) => new FragmentAssembler(...parts, textAs),
  sizeOf: ({ data }) => data.length
})

/** Fragments: text as strings. */
export const fragments = assembly("string") as Assembly<Fragment>

/** Fragments as bytes, each with the kind of its message. */
export const bytesFragments = assembly("bytes") as Assembly<BytesFragment>

/** DEFLATE turns one byte into at most 1,032, so inflating this many at once makes at most 1 MiB. */
const inflatedAtOnce = 1016
