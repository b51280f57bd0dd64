/**
 * The message encoder: messages in, frames out, in whichever way the caller wants a message sent: in one frame, cut into
 * several, or bit by bit. It decides what is compressed (RFC 7692 §7.2.1).
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
  /** Undefined when compression was not agreed. */
  readonly deflater: Deflater | undefined
  /** Messages of fewer bytes (texts: UTF-16 units) are sent as they are. */
  readonly threshold: number
  /** May frames still be sent? */
  readonly sending: () => boolean
}

export class MessageEncoder {
  private readonly parts: Parts

  constructor(parts: Parts) {
    this.parts = parts
  }

  /** In one frame. */
  send(message: Message, compress = true, kind: Kind = kindOf(message)): void {
    const { output } = this.parts
    const opcode = kind === "text" ? Opcode.text : Opcode.binary
    const deflater = this.deflaterFor(message, compress)
    if (deflater !== undefined) output.frame(opcode, deflater.deflate(this.passing(message)), true, true)
    else if (typeof message === "string") output.text(message, opcode)
    else output.frame(opcode, message)
  }

  /** In frames of at most `most` bytes. What is not a string must not change until the last of them, or until `keep`. */
  split(message: Message, most: number, compress = true, kind: Kind = kindOf(message)): SplitMessage {
    const { output, sending } = this.parts
    const deflater = this.deflaterFor(message, compress)
    const bytes = this.bytesOf(message)
    // The coder's memory is anyone's before the last frame is written.
    const payload = deflater === undefined ? bytes : deflater.deflate(bytes).slice()
    return new SplitMessage({ output, kind, compressed: deflater !== undefined, sending }, payload, most)
  }

  /** Bit by bit. How long it will be nobody knows, so it is compressed whatever the threshold says. */
  begin(kind: Kind, compress = true): StreamedMessage {
    const { output, sending } = this.parts
    const deflater = compress ? this.parts.deflater : undefined
    return new StreamedMessage({ output, kind, compressed: deflater !== undefined, sending }, deflater)
  }

  private deflaterFor(message: Message, compress: boolean): Deflater | undefined {
    return compress && message.length > 0 && message.length >= this.parts.threshold ? this.parts.deflater : undefined
  }

  /** As `bytesOf`, for the moment: the next short text is written to the same memory. */
  private passing(message: Message): Uint8Array {
    if (typeof message !== "string" || message.length > shortText) return this.bytesOf(message)
    return scratch.subarray(0, this.parts.platform.encodeUtf8(message, scratch, 0))
  }

  private bytesOf(message: Message): Uint8Array {
    return typeof message === "string" ? encoded(message, this.parts.platform) : message
  }
}

const kindOf = (message: Message): Kind => (typeof message === "string" ? "text" : "binary")

/** Texts of so many UTF-16 units, of at most three bytes each, are compressed from memory that all share. */
const shortText = 0x1000
const scratch = new Uint8Array(shortText * 3)
