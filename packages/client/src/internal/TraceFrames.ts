/**
 * What the log shows of frames (RFC 6455 §5.2). It wraps a byte stream and logs a line for each frame that passes. It reads the
 * bytes in place and keeps only those that it shows. The endpoint checks frames, not this module: it stops at the first bytes
 * that are no frame.
 */
import { ClosePayload, FrameHeader, Masking, needMore, Opcode } from "@effect-websocket/core"
import { type ByteStream, escapePeerText, NodePlatform, wrapStream } from "@effect-websocket/transport"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"

/** `first` was read before. At most `payloadBytes` of each payload are shown. */
export const tap = (
  stream: ByteStream,
  first: Uint8Array,
  tell: (line: string) => void,
  payloadBytes: number
): ByteStream => {
  const received = new Frames("received", tell, payloadBytes)
  const sent = new Frames("sent", tell, payloadBytes)
  let over = false
  received.pushAll([first])
  return wrapStream(stream, {
    pull: stream.pull.pipe(
      Effect.tap((chunks) => Effect.sync(() => received.pushAll(chunks))),
      Effect.tapError((end) =>
        Effect.sync(() => {
          if (!over) tell(Cause.isDone(end) ? "received the end of the stream" : escapePeerText(end.message))
          over = true
        })
      )
    ),
    writeUnsafe: (chunks) => {
      sent.pushAll(chunks)
      return stream.writeUnsafe(chunks)
    }
  })
}

class Frames {
  private readonly direction: "sent" | "received"
  private readonly tell: (line: string) => void
  private readonly payloadBytes: number
  private readonly head = new Uint8Array(FrameHeader.maxByteLength)
  private readonly header = FrameHeader.make()
  private headLength = 0
  private isBroken = false
  /** How much of the payload is still to come, and the part of it that is shown. */
  private remaining = 0
  private shown = new Uint8Array(0)
  private shownLength = 0
  /** The fragmented message that is open, if there is one. */
  private open: { readonly isText: boolean } | undefined

  constructor(direction: "sent" | "received", tell: (line: string) => void, payloadBytes: number) {
    this.direction = direction
    this.tell = tell
    this.payloadBytes = payloadBytes
  }

  pushAll(chunks: ReadonlyArray<Uint8Array>): void {
    for (const chunk of chunks) {
      for (let at = 0; at < chunk.length && !this.isBroken; ) {
        at += this.remaining === 0 ? this.takeHeader(chunk[at]!) : this.takePayload(chunk.subarray(at))
      }
    }
  }

  private takeHeader(byte: number): number {
    const { header } = this
    this.head[this.headLength++] = byte
    const role = this.direction === "sent" ? "server" : "client"
    const expected = { role, rsv1: true, fragmented: this.open !== undefined } as const
    const answer = FrameHeader.decode(header, this.head, 0, this.headLength, expected)
    if (answer === needMore) return 1
    this.headLength = 0
    if (answer !== header) {
      this.isBroken = true
      this.tell(`${this.direction} what is no legal frame${"rule" in answer ? ` (${answer.rule})` : ""}`)
      return 1
    }
    this.remaining = header.payloadLength
    const most = header.opcode === Opcode.close ? this.remaining : this.payloadBytes
    this.shown = new Uint8Array(Math.min(this.remaining, most))
    this.shownLength = 0
    if (this.shown.length === 0) this.told()
    return 1
  }

  private takePayload(bytes: Uint8Array): number {
    const taken = Math.min(this.remaining, bytes.length)
    this.remaining -= taken
    const missing = this.shown.length - this.shownLength
    if (missing > 0) {
      const part = bytes.subarray(0, Math.min(taken, missing))
      this.shown.set(part, this.shownLength)
      this.shownLength += part.length
      if (this.shownLength === this.shown.length) this.told()
    }
    return taken
  }

  private told(): void {
    const { fin, maskingKey, opcode, payloadLength, rsv1 } = this.header
    Masking.mask(maskingKey, this.shown, 0, this.shown.length)
    const message = Opcode.isControl(opcode) ? undefined : (this.open ?? { isText: opcode === Opcode.text && !rsv1 })
    const what = [names[opcode]]
    if (rsv1) what.push("compressed")
    if (!fin) what.push("more follows")
    what.push(payloadLength === 1 ? "1 byte" : `${payloadLength} bytes`)
    const payload = opcode === Opcode.close ? closeText(this.shown) : payloadText(this.shown, message?.isText ?? false)
    this.tell(`${this.direction} ${what.join(", ")}${payload === "" ? "" : `: ${payload}`}`)
    if (message !== undefined) this.open = fin ? undefined : message
  }
}

const closeText = (payload: Uint8Array): string => {
  const close = ClosePayload.decode(payload, NodePlatform.platform.decodeUtf8)
  if ("rule" in close || close.closeCode === undefined) return ""
  return `${close.closeCode} ${escapePeerText(close.closeReason)}`.trimEnd()
}

const payloadText = (payload: Uint8Array, isText: boolean): string =>
  isText
    ? escapePeerText(new TextDecoder().decode(payload))
    : Array.from(payload, (byte) => byte.toString(16).padStart(2, "0")).join("")

const names: Readonly<Record<Opcode.Opcode, string>> = {
  [Opcode.continuation]: "continuation",
  [Opcode.text]: "text",
  [Opcode.binary]: "binary",
  [Opcode.close]: "Close",
  [Opcode.ping]: "ping",
  [Opcode.pong]: "pong"
}
