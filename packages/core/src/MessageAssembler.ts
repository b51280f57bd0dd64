/**
 * The message assembler: pieces of data frames in, whole messages out (RFC 6455 §5.4, §5.6, §8.1).
 *
 * It checks that text is UTF-8 at every byte. `Intake` handles limits and compression; control frames, which may come between
 * fragments, never get here.
 */
import type { Assembler, Assembly, Failure, Kind } from "./Assembler.ts"
import { BinaryPayload } from "./BinaryPayload.ts"
import type { Inflater } from "./Compression.ts"
import type { FrameDecoder } from "./FrameDecoder.ts"
import { Intake } from "./Intake.ts"
import type { Limits } from "./Limits.ts"
import { MessageRun } from "./MessageRun.ts"
import { PayloadBuffer } from "./PayloadBuffer.ts"
import type { Platform } from "./Platform.ts"
import * as ProtocolViolation from "./ProtocolViolation.ts"
import { TextPayload } from "./TextPayload.ts"

/** A text message is a string; a binary message is bytes that belong to the receiver. */
export type Message = string | Uint8Array

/** A message as bytes, which belong to the receiver. Text is not checked. */
export interface MessageBytes {
  readonly kind: Kind
  readonly bytes: Uint8Array
}

export class MessageAssembler implements Assembler<Message> {
  private readonly platform: Platform
  private readonly text: TextPayload
  private readonly bytes: BinaryPayload
  /** The payload of the current message. */
  private payload: TextPayload | BinaryPayload
  private readonly intake: Intake
  private readonly textAs: "string" | "bytes"
  private readonly run: MessageRun | undefined

  constructor(platform: Platform, limits: Limits, inflater?: Inflater, textAs: "string" | "bytes" = "string") {
    this.platform = platform
    const maxMessageBytes = Math.min(limits.maxMessageBytes, platform.maxMessageBytes)
    this.intake = new Intake({ ...limits, maxMessageBytes }, inflater)
    this.text = new TextPayload(platform)
    this.bytes = new BinaryPayload(platform.allocate)
    this.payload = this.bytes
    this.textAs = textAs
    const isBounded = Math.min(maxMessageBytes, limits.maxFrameBytes) < MessageRun.maxPayload
    this.run = isBounded || textAs === "bytes" ? undefined : MessageRun.of(platform)
  }

  take(piece: FrameDecoder): Message | undefined | Failure {
    if (piece.first) {
      const failure = this.intake.begin(piece.header, this.payload.length)
      if (failure !== undefined) return failure
      // No byte of the message has come yet, so its kind decides where it is collected.
      if (this.payload.length === 0) this.payload = this.isText ? this.text : this.bytes
      if (!this.intake.compressed && piece.last && piece.header.fin && this.payload.length === 0) {
        return this.whole(piece.bytes, piece.start, piece.end)
      }
    }
    return this.intake.compressed ? this.inflate(piece) : this.append(piece)
  }

  /** The fast path for consecutive short messages; `take` is the plain form. */
  takeRun(decoder: FrameDecoder, into: Array<Message>, room: { messages: number; bytes: number }): number {
    return this.run === undefined ? 0 : this.run.take(decoder, into, room)
  }

  /** The kind of the message that was just completed. */
  get kind(): Kind {
    return this.intake.kind
  }

  private get isText(): boolean {
    return this.intake.kind === "text" && this.textAs === "string"
  }

  /** The fast path: the whole message is in one read. */
  private whole(bytes: Uint8Array, start: number, end: number): Message | Failure {
    if (this.payload === this.bytes) return PayloadBuffer.copy(bytes, start, end, this.platform.allocate)
    return this.platform.decodeUtf8(bytes, start, end) ?? ProtocolViolation.all.InvalidUtf8
  }

  private append(piece: FrameDecoder): Message | undefined | Failure {
    const { bytes, end, header, start } = piece
    const complete = piece.last && header.fin
    if (this.payload === this.text) return this.appendText(bytes, start, end, complete)
    // Only the last frame tells how long the message is.
    this.bytes.append(bytes, start, end, header.fin ? piece.remaining : Infinity)
    return complete ? this.bytes.take() : undefined
  }

  private appendText(bytes: Uint8Array, start: number, end: number, complete: boolean): Message | undefined | Failure {
    if (!this.text.append(bytes, start, end)) return ProtocolViolation.all.InvalidUtf8
    return complete ? (this.text.take() ?? ProtocolViolation.all.InvalidUtf8) : undefined
  }

  private inflate(piece: FrameDecoder): Message | undefined | Failure {
    const complete = piece.last && piece.header.fin
    const inflated = this.intake.inflate(piece, this.payload.length)
    if (!(inflated instanceof Uint8Array)) return inflated
    if (complete && this.payload.length === 0) return this.whole(inflated, 0, inflated.length)
    if (this.payload === this.text) return this.appendText(inflated, 0, inflated.length, complete)
    this.bytes.append(inflated, 0, inflated.length, Infinity)
    return complete ? this.bytes.take() : undefined
  }
}

/** Like `MessageAssembler`, but each message is bytes with its kind, and text is not checked. */
export class MessageBytesAssembler implements Assembler<MessageBytes> {
  private readonly messages: MessageAssembler

  constructor(platform: Platform, limits: Limits, inflater?: Inflater) {
    this.messages = new MessageAssembler(platform, limits, inflater, "bytes")
  }

  take(piece: FrameDecoder): MessageBytes | undefined | Failure {
    const bytes = this.messages.take(piece)
    return bytes instanceof Uint8Array ? { kind: this.messages.kind, bytes } : (bytes as undefined | Failure)
  }
}

/** Whole messages: text as strings. */
export const messages: Assembly<Message> = {
  make: (...parts) => new MessageAssembler(...parts),
  sizeOf: (message) => message.length
}

/** Whole messages as bytes, each with its kind. */
export const messageBytes: Assembly<MessageBytes> = {
  make: (...parts) => new MessageBytesAssembler(...parts),
  sizeOf: ({ bytes }) => bytes.length
}
