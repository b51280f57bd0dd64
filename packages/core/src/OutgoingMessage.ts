/**
 * One message on its way out in fragments (RFC 6455 §5.4): the first frame says what it is, the others continue it, and
 * between them nothing but control frames may be sent, which is the caller's business.
 */
import type { Kind } from "./Assembler.ts"
import type { Deflater } from "./Compression.ts"
import type { FrameEncoder } from "./FrameEncoder.ts"
import * as Opcode from "./Opcode.ts"

/** What its fragments are written to, and how each becomes a payload. */
export interface Parts {
  readonly output: FrameEncoder
  readonly kind: Kind
  /** Set when the payloads are compressed: the first frame bears RSV1 (RFC 7692 §6). */
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

/** A message whose payload comes bit by bit. */
export class StreamedMessage {
  private readonly fragments: Fragments
  private readonly deflater: Deflater | undefined

  constructor(parts: Parts, deflater: Deflater | undefined) {
    this.fragments = new Fragments(parts)
    this.deflater = deflater
  }

  /** One frame; nothing after a Close. After the `last` one nothing more may be asked. */
  send(data: Uint8Array, last: boolean): void {
    if (!this.fragments.sending) return
    this.fragments.frame(this.deflater === undefined ? data : this.deflater.deflate(data, last), last)
  }
}

/** A message whose payload is there, and is cut into frames. */
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

  /** Sends the next frame; true when that was the last. */
  next(): boolean {
    const last = this.payload.length <= this.most
    this.fragments.frame(this.payload.subarray(0, this.most), last)
    this.payload = this.payload.subarray(this.most)
    return last
  }

  /** The caller's bytes are needed no longer: keeps a copy of what is still to be sent. */
  keep(): void {
    this.payload = this.payload.slice()
  }
}
