/**
 * An endpoint of a WebSocket connection after the opening handshake: bytes in, messages out, and the reverse (RFC 6455 §5 to
 * §7). It composes the frame decoder, the message assembler, the frame encoder and the closing handshake, and it is total:
 * whatever the bytes are, it never throws.
 *
 * It does no IO and has no clock. The caller feeds it reads, takes messages while there is room, and writes what `output`
 * holds. The caller also decides when a deferred Close is due (`fail`) and whether the writer is blocked (`blocked`).
 */
import * as Assembler from "./Assembler.ts"
import * as ClosePayload from "./ClosePayload.ts"
import * as ClosingHandshake from "./ClosingHandshake.ts"
import type { Deflater, Inflater } from "./Compression.ts"
import { FrameDecoder } from "./FrameDecoder.ts"
import { FrameEncoder } from "./FrameEncoder.ts"
import type * as InvalidMessage from "./InvalidMessage.ts"
import type { Limits } from "./Limits.ts"
import { type Message, messages } from "./MessageAssembler.ts"
import { MessageEncoder } from "./MessageEncoder.ts"
import * as MessageParts from "./MessageParts.ts"
import { needMore } from "./NeedMore.ts"
import * as Opcode from "./Opcode.ts"
import type { SplitMessage, StreamedMessage } from "./OutgoingMessage.ts"
import { PayloadBuffer } from "./PayloadBuffer.ts"
import * as PerMessageDeflate from "./PerMessageDeflate.ts"
import type { Platform } from "./Platform.ts"
import * as Traffic from "./Traffic.ts"

export interface Options<A = Message> {
  readonly role: "client" | "server"
  readonly platform: Platform
  readonly limits: Limits
  /** A fresh masking key for each frame that a client sends, from a strong source (RFC 6455 §10.3). */
  readonly maskingKey: () => number
  /** What was agreed for permessage-deflate, and how to compress; undefined if it was not agreed. */
  readonly compression?: Compression | undefined
  /** What incoming data becomes. Default: whole messages. */
  readonly assembly?: Assembler.Assembly<A> | undefined
}

export interface Compression {
  readonly agreed: PerMessageDeflate.Agreed
  /** 1 (fast) to 9 (small). */
  readonly level: number
  /** 1 (least memory) to 9. */
  readonly memoryLevel: number
  /** Messages shorter than this, in bytes (UTF-16 units for text), are sent uncompressed. */
  readonly threshold: number
}

/** A ping or pong from the peer, for monitoring. */
export interface Control {
  readonly _tag: "Ping" | "Pong"
  readonly payload: Uint8Array
}

export type Room = Assembler.Room

export class Endpoint<A = Message> {
  /** The state of the closing handshake. */
  state: ClosingHandshake.State = "Open"
  /** The peer's Close frame, once it came. */
  closeReceived: ClosePayload.ClosePayload | undefined
  /** Our Close frame, once it was encoded. */
  closeSent: ClosePayload.ClosePayload | undefined
  /** The peer's violation or excess, if there was one. */
  failure: Assembler.Failure | undefined
  /** What `discard` threw away: messages, or what else the assembler makes. */
  discarded = 0
  /** Grows whenever a data frame, or more of its payload, comes. */
  dataPieces = 0
  /** Pings and pongs that arrived and were not yet handled; the caller empties it. */
  controls: Array<Control> = []
  /** Frames to write, in order. */
  readonly output: FrameEncoder

  private readonly platform: Platform
  private readonly decoder: FrameDecoder
  private readonly limits: Limits
  private readonly compression: Compression | undefined
  private readonly assembly: Assembler.Assembly<A>
  // Made when the first data comes, and when the first message is sent.
  private madeAssembler: Assembler.Assembler<A> | undefined
  private madeEncoder: MessageEncoder | undefined
  private controlPayload: PayloadBuffer | undefined
  private readonly inward: Traffic.CompressionMeter
  private readonly outward: Traffic.CompressionMeter
  private messagesReceived = 0
  private readonly inflater: Inflater | undefined
  private readonly deflater: Deflater | undefined
  private writerBlocked = false
  private pongOwed: Uint8Array | undefined

  constructor({ assembly, compression, limits, maskingKey, platform, role }: Options<A>) {
    this.platform = platform
    this.output = new FrameEncoder(platform, role === "client" ? maskingKey : undefined)
    this.decoder = new FrameDecoder({ role, rsv1: compression !== undefined, mask: platform.mask })
    this.inward = compression === undefined ? nothingCompressed : new Traffic.CompressionMeter()
    this.outward = compression === undefined ? nothingCompressed : new Traffic.CompressionMeter()
    if (compression !== undefined) {
      const { agreed, level, memoryLevel } = compression
      const ours = { ...PerMessageDeflate.windowOf(role, agreed), level, memoryLevel }
      const theirs = PerMessageDeflate.windowOf(role === "client" ? "server" : "client", agreed)
      this.deflater = this.outward.deflater(platform.deflater(ours))
      this.inflater = this.inward.inflater(platform.inflater(theirs))
    }
    this.limits = limits
    this.compression = compression
    // The element of an endpoint without its own assembly is `Message`.
    this.assembly = assembly ?? (messages as Assembler.Assembly<unknown> as Assembler.Assembly<A>)
  }

  private get assembler(): Assembler.Assembler<A> {
    this.madeAssembler ??= this.assembly.make(this.platform, this.limits, this.inflater)
    return this.madeAssembler
  }

  private get encoder(): MessageEncoder {
    this.madeEncoder ??= this.makeEncoder()
    return this.madeEncoder
  }

  /** Separate, since a method that contains such a function allocates for it at each call (docs/performance.md, Closures). */
  private makeEncoder(): MessageEncoder {
    return new MessageEncoder({
      output: this.output,
      platform: this.platform,
      deflater: this.deflater,
      threshold: this.compression?.threshold ?? 0,
      sending: () => this.sending
    })
  }

  // ---- receiving

  /**
   * Takes the next read, which belongs to the endpoint until `read` or `discard` has used it up. The previous one must be used
   * up.
   */
  receive(chunk: Uint8Array): void {
    if (this.receiving) this.decoder.push(chunk)
  }

  /** The byte stream ended, cleanly or not. Call it once all earlier reads are used up: nothing is delivered after this. */
  receiveEnd(): void {
    this.step("end")
  }

  /**
   * Appends messages, or whatever the assembler makes, to `into` until the read is used up, the connection's input is over, or
   * there is no `room`. Returns false in the last case: call again when there is room.
   */
  read(into: Array<A>, room: Room): boolean {
    while (room.messages > 0 && room.bytes > 0) {
      if (this.takeRun(into, room)) continue
      const element = this.next()
      if (element === undefined) return true
      into.push(element)
      room.messages -= 1
      room.bytes -= this.assembly.sizeOf(element)
    }
    return false
  }

  /** The fast path for consecutive short messages. `next` takes all others. */
  private takeRun(into: Array<A>, room: Room): boolean {
    if (!this.receiving || !this.decoder.mayBeginMessage) return false
    const taken = this.assembler.takeRun?.(this.decoder, into, room) ?? 0
    this.dataPieces += taken
    this.messagesReceived += taken
    return taken > 0
  }

  /** Whether messages that `read` returned are views of the last read, so its memory belongs to them. */
  get keepsRead(): boolean {
    return this.decoder.kept
  }

  /** Like `read` without a limit, but messages are only checked and counted. */
  discard(): void {
    while (this.next() !== undefined) this.discarded += 1
  }

  /** How much of `Room.bytes` an element uses up. Whoever keeps this function does not keep the endpoint with it. */
  get sizeOf(): Assembler.Assembly<A>["sizeOf"] {
    return this.assembly.sizeOf
  }

  /** Whether incoming frames are still processed. */
  get receiving(): boolean {
    return ClosingHandshake.canReceive(this.state)
  }

  /** The next element of this read. Handles control frames on the way. */
  private next(): A | undefined {
    while (this.receiving) {
      const piece = this.decoder.next()
      if (piece === needMore) break
      if (piece !== this.decoder) {
        this.violate(piece as Assembler.Failure)
        continue
      }
      const answer = Opcode.isControl(piece.header.opcode) ? this.takeControl(piece) : this.takeData(piece)
      if (answer === undefined) continue
      if (!Assembler.isFailure(answer)) return answer
      this.violate(answer)
    }
    this.decoder.release()
    return undefined
  }

  private takeData(piece: FrameDecoder): A | undefined | Assembler.Failure {
    this.dataPieces += 1
    const answer = this.assembler.take(piece)
    // Only now: the assembler may have shortened the piece.
    if (piece.last && piece.header.fin) this.messagesReceived += 1
    return answer
  }

  /** Collects and handles a control frame. Returns its element, if control frames are delivered, or the rule it broke. */
  private takeControl(piece: FrameDecoder): A | undefined | Assembler.Failure {
    this.controlPayload ??= new PayloadBuffer()
    this.controlPayload.append(piece.bytes, piece.start, piece.end, piece.remaining)
    // At most 125 bytes, so even a Close is checked only when it is whole.
    if (!piece.last) return undefined
    const opcode = piece.header.opcode as Opcode.Control
    const payload = this.controlPayload.take()
    const violation = opcode === Opcode.close ? this.takeClose(payload) : this.takePing(opcode, payload)
    return violation ?? this.assembly.control?.(opcode, payload)
  }

  private takePing(opcode: Opcode.Control, payload: Uint8Array): undefined {
    const _tag = opcode === Opcode.ping ? "Ping" : "Pong"
    this.controls.push({ _tag, payload })
    if (_tag === "Ping" && this.state === "Open") this.answerPing(payload)
  }

  private takeClose(payload: Uint8Array): Assembler.Failure | undefined {
    const close = ClosePayload.decode(payload, this.platform.decodeUtf8)
    if ("_tag" in close) return close
    this.closeReceived = close
    this.step("peerClose")
    return undefined
  }

  /** The failure is remembered even in CloseSent, where no second Close can report it. */
  private violate(failure: Assembler.Failure): void {
    this.failure = failure
    this.step("violation")
  }

  /** RFC 6455 §5.5.2: answers every ping, or only the most recent one while the writer is blocked. */
  private answerPing(payload: Uint8Array): void {
    if (this.writerBlocked) this.pongOwed = payload
    else this.output.frame(Opcode.pong, payload)
  }

  /** What has been received so far. */
  get received(): Traffic.Traffic {
    const { compressedBytes, plainBytes } = this.inward
    return { messages: this.messagesReceived, frames: this.decoder.frames, compressedBytes, plainBytes }
  }

  // ---- sending

  /** What has been encoded so far. */
  get sent(): Traffic.Traffic {
    const { compressedBytes, plainBytes } = this.outward
    return { messages: this.output.messages, frames: this.output.frames, compressedBytes, plainBytes }
  }

  /** May data and control frames still be sent? */
  get sending(): boolean {
    return ClosingHandshake.canSend(this.state)
  }

  /**
   * Encodes one message that `invalid` accepts; nothing after a Close. It is compressed if that was agreed, unless it is short
   * or `compress` is false. A string is text and bytes are binary, unless `kind` says otherwise.
   */
  send(message: Message, compress?: boolean, kind?: Assembler.Kind): void {
    if (this.sending) this.encoder.send(message, compress, kind)
  }

  /**
   * Like `send`, in frames of at most `most` bytes, which the caller requests one by one; no other message until the last of
   * them.
   */
  split(message: Message, most: number, compress?: boolean, kind?: Assembler.Kind): SplitMessage {
    return this.encoder.split(message, most, compress, kind)
  }

  /** Begins a message whose fragments the caller sends; no other message until the last of them. */
  begin(kind: Assembler.Kind, compress?: boolean): StreamedMessage {
    return this.encoder.begin(kind, compress)
  }

  /** What is illegal about sending this message as this kind, if anything. */
  invalid(message: Message, kind?: Assembler.Kind): InvalidMessage.InvalidMessage | undefined {
    return MessageParts.invalid(message, kind, this.platform)
  }

  /** A ping whose payload `InvalidMessage.ofControlPayload` accepts; nothing after a Close. */
  ping(payload: Uint8Array): void {
    if (this.sending) this.output.frame(Opcode.ping, payload)
  }

  /** Like `ping`: an unsolicited pong (RFC 6455 §5.5.3). */
  pong(payload: Uint8Array): void {
    if (this.sending) this.output.frame(Opcode.pong, payload)
  }

  /** Begins the closing handshake. In Failing the violation's own Close goes out instead. */
  close(closeCode: number | undefined, closeReason: string): InvalidMessage.InvalidMessage | undefined {
    const close = { closeCode, closeReason }
    const payload = ClosePayload.encode(close, this.platform)
    if ("_tag" in payload) return payload
    this.step("close", close)
    return undefined
  }

  /** The Close of a violation is due (RFC 6455 §7.1.7). */
  fail(): void {
    this.step("fail")
  }

  /** Whether the transport is full; while it is, only the newest pong is kept. */
  set blocked(blocked: boolean) {
    this.writerBlocked = blocked
    if (blocked || this.pongOwed === undefined) return
    if (this.sending) this.output.frame(Opcode.pong, this.pongOwed)
    this.pongOwed = undefined
  }

  get blocked(): boolean {
    return this.writerBlocked
  }

  /**
   * The byte stream is gone: as `receiveEnd`, and drops an incomplete message, and frees the memory for receiving and sending.
   */
  release(): void {
    this.receiveEnd()
    this.decoder.release()
    this.madeAssembler = undefined
    this.output.release()
  }

  private step(event: ClosingHandshake.Event, close?: ClosePayload.ClosePayload): void {
    const cell = ClosingHandshake.table[this.state][event]
    if (cell === undefined) return
    this.state = cell.to
    if (!this.receiving) this.inflater?.close()
    if (!this.sending) this.deflater?.close()
    if (cell.action === "sendClose") this.encodeClose(close!)
    if (cell.action === "sendFailure") this.encodeClose({ closeCode: this.failure!.closeCode, closeReason: "" })
    if (cell.action === "answerClose") this.encodeClose({ closeCode: this.closeReceived!.closeCode, closeReason: "" })
  }

  private encodeClose(close: ClosePayload.ClosePayload): void {
    this.closeSent = close
    this.output.frame(Opcode.close, ClosePayload.encode(close, this.platform) as Uint8Array)
  }
}

/** Shared by all endpoints that compress nothing. */
const nothingCompressed = new Traffic.CompressionMeter()
