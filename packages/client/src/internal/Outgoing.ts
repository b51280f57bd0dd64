/**
 * The way out: who may send when, and when bytes are handed to the transport.
 *
 * While the transport takes bytes, a send is encoded at once and succeeds; everything encoded within one turn of the
 * event loop becomes one write. Once the transport holds enough, sends wait in line, first come first served, and are
 * encoded when it has drained. So what is accepted is bounded by the transport's high-water mark and one message, and
 * control frames never wait behind messages that are not accepted yet.
 */
import { type Endpoint, InvalidMessage as Invalid, type MessageAssembler } from "@effect-websocket/core"
import type { ByteStream, TransportError } from "@effect-websocket/transport"
import type { NonEmptyReadonlyArray } from "effect/Array"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { type ConnectionClosed, InvalidMessage, type SendError } from "../Errors.ts"
import * as Moment from "./Moment.ts"

type Message = MessageAssembler.Message

interface Waiting {
  /** Encodes until it is done (true) or the transport holds enough (false). */
  readonly encode: () => boolean
  readonly resume: (effect: Effect.Effect<void, ConnectionClosed>) => void
}

export class Outgoing {
  private readonly stream: ByteStream
  private readonly endpoint: Endpoint.Endpoint<unknown>
  private readonly clock: Clock.Clock
  private readonly waiting = new Set<Waiting>()
  private scheduled = false
  private onBlocked: (() => void) | undefined
  private closed: Effect.Effect<never, ConnectionClosed> | undefined
  /** When the oldest bytes that are not flushed were handed to a transport that held none. */
  unflushedSince: Moment.Moment = 0n
  private handedOver = 0

  constructor(stream: ByteStream, endpoint: Endpoint.Endpoint<unknown>, clock: Clock.Clock) {
    this.stream = stream
    this.endpoint = endpoint
    this.clock = clock
  }

  /** One message. Interrupting it while it waits takes it out of the line: it is sent whole or not at all. */
  send(message: Message, compress?: boolean): Effect.Effect<void, SendError> {
    return Effect.suspend((): Effect.Effect<void, SendError> => {
      const invalid = Invalid.ofMessage(message)
      if (invalid !== undefined) return Effect.fail(new InvalidMessage(invalid))
      if (!this.free) return this.submit(() => this.encode(message, compress))
      this.prepare()
      this.encode(message, compress)
      this.schedule()
      return Effect.void
    })
  }

  /** Messages that nothing comes between. If one is not legal, none is sent; interrupted, it stops between two. */
  sendAll(messages: ReadonlyArray<Message>, compress?: boolean): Effect.Effect<void, SendError> {
    return Effect.suspend((): Effect.Effect<void, SendError> => {
      const invalid = messages.map(Invalid.ofMessage).find((answer) => answer !== undefined)
      if (invalid !== undefined) return Effect.fail(new InvalidMessage(invalid))
      let sent = 0
      return this.submit(() => {
        while (sent < messages.length && !this.endpoint.blocked) {
          this.endpoint.send(messages[sent++]!, compress)
          this.writeWhenFull()
        }
        return sent === messages.length
      })
    })
  }

  /** Runs `encode` now or when it is its turn, and again after each drain until it answers true. */
  submit(encode: () => boolean): Effect.Effect<void, ConnectionClosed> {
    // All in one turn: were a part encoded, or the line looked at, in an earlier one, others could come in between.
    return Effect.callback<void, ConnectionClosed>((resume) => {
      while (this.free) if (this.encodeNow(encode)) return resume(Effect.void)
      if (this.closed !== undefined) return resume(this.closed)
      const waiting: Waiting = { encode, resume }
      this.waiting.add(waiting)
      return Effect.sync(() => {
        this.waiting.delete(waiting)
      })
    })
  }

  /** Everything accepted so far is with the kernel. */
  readonly flush: Effect.Effect<void, ConnectionClosed | TransportError> = Effect.suspend(
    (): Effect.Effect<void, ConnectionClosed | TransportError> => {
      if (this.closed !== undefined) return this.closed
      this.write()
      return this.stream.flushed
    }
  )

  /** Bytes accepted and not yet handed to the kernel. */
  get bufferedBytes(): number {
    return this.endpoint.output.pendingBytes + this.stream.unflushedBytes()
  }

  /** Bytes handed to the kernel since the connection opened: they grow while writes make progress. */
  get flushedBytes(): number {
    return this.handedOver - this.stream.unflushedBytes()
  }

  /** The transport holds bytes that the kernel has not taken. */
  get flushing(): boolean {
    return this.stream.unflushedBytes() > 0
  }

  /** Hands everything encoded to the transport, now. */
  write(): void {
    if (this.endpoint.output.pendingBytes === 0) return
    if (!this.flushing) this.unflushedSince = Moment.now(this.clock)
    this.handedOver += this.endpoint.output.pendingBytes
    const chunks = this.endpoint.output.take() as unknown as NonEmptyReadonlyArray<Uint8Array>
    if (this.stream.writeUnsafe(chunks)) return
    this.endpoint.blocked = true
    const wake = this.onBlocked
    this.onBlocked = undefined
    wake?.()
  }

  /** Lets those in line go on whenever the transport has drained. One fiber runs it as long as the session lasts. */
  readonly run: Effect.Effect<never, TransportError> = Effect.suspend(() => this.awaitBlocked).pipe(
    Effect.flatMap(() => this.stream.drained),
    Effect.map(() => this.resume()),
    Effect.forever({ disableYield: true })
  )

  /** Nothing is accepted any more; those in line fail. A later call replaces what later sends fail with. */
  close(closed: Effect.Effect<never, ConnectionClosed>): void {
    this.closed = closed
    for (const waiting of this.waiting) {
      this.waiting.delete(waiting)
      waiting.resume(closed)
    }
  }

  private get free(): boolean {
    return this.closed === undefined && this.waiting.size === 0 && !this.endpoint.blocked
  }

  private encodeNow(encode: () => boolean): boolean {
    this.prepare()
    const done = encode()
    this.schedule()
    return done
  }

  private readonly awaitBlocked: Effect.Effect<void> = Effect.callback<void>((resume) => {
    if (this.endpoint.blocked) return resume(Effect.void)
    this.onBlocked = () => resume(Effect.void)
    return Effect.sync(() => {
      this.onBlocked = undefined
    })
  })

  private encode(message: Message, compress: boolean | undefined): true {
    this.endpoint.send(message, compress)
    return true
  }

  /** The transport has drained: what overtakes goes first, then the line moves until the transport is full again. */
  private resume(): void {
    this.endpoint.blocked = false
    this.prepare()
    for (const waiting of this.waiting) {
      if (this.endpoint.blocked) return
      if (!waiting.encode()) return this.write()
      this.waiting.delete(waiting)
      waiting.resume(Effect.void)
      this.writeWhenFull()
    }
    this.write()
  }

  /** The encoder's buffer is free again when all of it has been written. */
  private prepare(): void {
    if (this.endpoint.output.pendingBytes === 0 && this.stream.unflushedBytes() === 0) this.endpoint.output.recycle()
  }

  private schedule(): void {
    this.writeWhenFull()
    if (this.scheduled) return
    this.scheduled = true
    void Promise.resolve().then(this.writeScheduled)
  }

  private readonly writeScheduled = (): void => {
    this.scheduled = false
    this.write()
  }

  private writeWhenFull(): void {
    if (this.endpoint.output.pendingBytes >= writeFrom) this.write()
  }
}

/** So many encoded bytes are handed over within the turn: a write this large gains nothing from waiting. */
const writeFrom = 0x10000
