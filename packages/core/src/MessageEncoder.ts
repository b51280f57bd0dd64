/**
 * The message encoder: messages in, frames out. The caller chooses how a message is sent: in one frame, split into several, or
 * part by part. The encoder decides what is compressed (RFC 7692 §7.2.1).
 */
import type { Kind } from "./Assembler.ts"
import type { Deflater } from "./Compression.ts"
import type { FrameEncoder } from "./FrameEncoder.ts"
import type { Message } from "./MessageAssembler.ts"
import { encoded } from "./MessageParts.ts"
import * as Opcode from "./Opcode.ts"
import { SplitMessage, StreamedMessage } from "./OutgoingMessage.ts"
import type { Platform } from "./Platform.ts"

export interface Parts {
  readonly output: FrameEncoder
  readonly platform: Platform
  /** Undefined if compression was not agreed. */
  readonly deflater: Deflater | undefined
  /** Messages of fewer bytes (UTF-16 units for text) are sent uncompressed. */
  readonly threshold: number
  /** May frames still be sent? */
  readonly sending: () => boolean
}

export class MessageEncoder {
  private readonly parts: Parts

  constructor(parts: Parts) {
    this.parts = parts
  }

  /** Sends a message in one frame. */
  send(message: Message, compress = true, kind: Kind = kindOf(message)): void {
    const { output } = this.parts
    const opcode = kind === "text" ? Opcode.text : Opcode.binary
    const deflater = this.deflaterFor(message, compress)
    if (deflater !== undefined) output.frame(opcode, deflater.deflate(this.passing(message)), true, true)
    else if (typeof message === "string") output.text(message, opcode)
    else output.frame(opcode, message)
  }

  /** Sends a message in frames of at most `most` bytes. Bytes must not change until the last of them, or until `keep`. */
  split(message: Message, most: number, compress = true, kind: Kind = kindOf(message)): SplitMessage {
    const { output, sending } = this.parts
    const deflater = this.deflaterFor(message, compress)
    const bytes = this.bytesOf(message)
    // The coder's memory may be reused before the last frame is written.
    const payload = deflater === undefined ? bytes : deflater.deflate(bytes).slice()
    return new SplitMessage({ output, kind, compressed: deflater !== undefined, sending }, payload, most)
  }

  /** Sends a message part by part. Its length is unknown, so it is compressed whatever the threshold. */
  begin(kind: Kind, compress = true): StreamedMessage {
    const { output, sending } = this.parts
    const deflater = compress ? this.parts.deflater : undefined
    return new StreamedMessage({ output, kind, compressed: deflater !== undefined, sending }, deflater)
  }

  private deflaterFor(message: Message, compress: boolean): Deflater | undefined {
    return compress && message.length > 0 && message.length >= this.parts.threshold ? this.parts.deflater : undefined
  }

  /** Like `bytesOf`, but valid only until the next short text, which is written to the same memory. */
  private passing(message: Message): Uint8Array {
    if (typeof message !== "string" || message.length > shortText) return this.bytesOf(message)
    return scratch.subarray(0, this.parts.platform.encodeUtf8(message, scratch, 0))
  }

  private bytesOf(message: Message): Uint8Array {
    return typeof message === "string" ? encoded(message, this.parts.platform) : message
  }
}

const kindOf = (message: Message): Kind => (typeof message === "string" ? "text" : "binary")

/** Texts up to this many UTF-16 units, of at most three bytes each, are compressed from shared memory. */
const shortText = 0x1000
const scratch = new Uint8Array(shortText * 3)
