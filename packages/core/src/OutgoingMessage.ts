/**
 * One message that is sent in fragments (RFC 6455 §5.4): the first frame tells its kind, the others continue it. The caller
 * sends only control frames between them.
 */
import type { Kind } from "./Assembler.ts"
import type { Deflater } from "./Compression.ts"
import type { FrameEncoder } from "./FrameEncoder.ts"
import * as Opcode from "./Opcode.ts"

/** Where its fragments are written to, and how each becomes a payload. */
export interface Parts {
  readonly output: FrameEncoder
  readonly kind: Kind
  /** Whether the payloads are compressed: the first frame then has RSV1 set (RFC 7692 §6). */
  readonly compressed: boolean
  /** May frames still be sent? */
  readonly sending: () => boolean
}

class Fragments {
  private readonly parts: Parts
  private begun = false

  constructor(parts: Parts) {
    this.parts = parts
  }

  get sending(): boolean {
    return this.parts.sending()
  }

  frame(payload: Uint8Array, fin: boolean): void {
    const { compressed, kind, output } = this.parts
    if (!this.sending) return
    if (this.begun) return output.frame(Opcode.continuation, payload, fin)
    this.begun = true
    output.frame(kind === "text" ? Opcode.text : Opcode.binary, payload, fin, compressed)
  }
}

/** A message whose payload comes part by part. */
export class StreamedMessage {
  private readonly fragments: Fragments
  private readonly deflater: Deflater | undefined

  constructor(parts: Parts, deflater: Deflater | undefined) {
    this.fragments = new Fragments(parts)
    this.deflater = deflater
  }

  /** Sends one frame; nothing after a Close. Must not be called again after the `last` one. */
  send(data: Uint8Array, last: boolean): void {
    if (!this.fragments.sending) return
    this.fragments.frame(this.deflater === undefined ? data : this.deflater.deflate(data, last), last)
  }
}

/** A message whose payload is complete, and split into frames. */
export class SplitMessage {
  private readonly fragments: Fragments
  private readonly most: number
  private payload: Uint8Array

  /** Each frame holds at most `most` bytes. */
  constructor(parts: Parts, payload: Uint8Array, most: number) {
    this.fragments = new Fragments(parts)
    this.payload = payload
    this.most = most
  }

  /** Sends the next frame; returns true if it was the last. */
  next(): boolean {
    const last = this.payload.length <= this.most
    this.fragments.frame(this.payload.subarray(0, this.most), last)
    this.payload = this.payload.subarray(this.most)
    return last
  }

  /** Copies what is still to be sent, so the caller's bytes are no longer needed. */
  keep(): void {
    this.payload = this.payload.slice()
  }
}
