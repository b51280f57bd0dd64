/**
 * How messages are sent: when they are encoded, and when their bytes are handed to the transport.
 *
 * While the transport takes bytes, a send is encoded at once and succeeds; everything encoded within one turn of the event
 * loop becomes one write. Once the transport holds enough, sends wait in `Line` and are encoded when it has drained. So what
 * is accepted is limited to the transport's high-water mark and one message (with `fragmentBytes`, one fragment), and
 * control frames never wait behind messages that are not accepted yet.
 */
import type { Endpoint, OutgoingMessage } from "@effect-websocket/core"
import type { ByteStream, TransportError } from "@effect-websocket/transport"
import type { NonEmptyReadonlyArray } from "effect/Array"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Effectable from "effect/Effectable"
import type { Message, SendOptions } from "../Connection.ts"
import { type ConnectionClosed, InvalidMessage, type SendError } from "../Errors.ts"
import { type Encode, Line } from "./Line.ts"
import * as Moment from "./Moment.ts"

/** What it needs from a session. */
interface Writing {
  /** Starts a fiber for `run`. */
  startWriter(): void
  /** A write threw. */
  died(defect: unknown): void
}

export class Outgoing {
  /** Made on first use: a connection that sends nothing needs none. */
  private madeLine: Line | undefined
  /** The failure of every send once nothing is accepted any more. */
  closed: Effect.Effect<never, ConnectionClosed> | undefined
  /** Longer messages are sent in fragments of at most this many bytes. */
  readonly fragmentBytes: number
  private readonly stream: ByteStream
  private readonly endpoint: Endpoint.Endpoint<unknown>
  private readonly clock: Clock.Clock
  private scheduled = false
  /** Between `beginRead` and `endRead`, which writes. */
  private isReading = false
  /** Made for the first send. */
  private writeScheduled: (() => void) | undefined
  private readonly session: Writing | undefined
  private isRunning = false
  private isOver = false
  private onBlocked: (() => void) | undefined
  /** When the last write was made that found the transport empty and left bytes in it. */
  unflushedSince: Moment.Moment = 0
  /** Bytes handed to the transport since the connection opened. */
  handedOver = 0

  constructor(
    stream: ByteStream,
    endpoint: Endpoint.Endpoint<unknown>,
    clock: Clock.Clock,
    options: {
      readonly fragmentBytes?: number | undefined
      readonly session?: Writing
    } = {}
  ) {
    this.fragmentBytes = options.fragmentBytes ?? Number.POSITIVE_INFINITY
    this.session = options.session
    this.stream = stream
    this.endpoint = endpoint
    this.clock = clock
  }

  get line(): Line {
    this.madeLine ??= new Line(this)
    return this.madeLine
  }

  /** Nothing is accepted any more, and waiting senders fail. A later call replaces the failure of later sends. */
  close(closed: Effect.Effect<never, ConnectionClosed>): void {
    this.closed = closed
    this.madeLine?.end(closed)
  }

  /** One message. Interrupting it while it waits takes it out of the line: it is sent whole or not at all. */
  send(message: Message, options?: SendOptions): Effect.Effect<void, SendError> {
    return new Send(this, message, options)
  }

  /** What `send` does when it runs. */
  sendNow(message: Message, options: SendOptions | undefined): Effect.Effect<void, SendError> {
    const invalid = this.endpoint.invalid(message, options?.kind)
    if (invalid !== undefined) return Effect.fail(new InvalidMessage(invalid))
    if (!this.line.free || this.isLarge(message)) return this.submit([message], options)
    this.prepare()
    this.endpoint.send(message, options?.compress, options?.kind)
    this.schedule()
    return Effect.void
  }

  /** Sends messages with no other message between them. If one is illegal, none is sent. Interruption stops it between two. */
  sendAll(messages: ReadonlyArray<Message>, options?: SendOptions): Effect.Effect<void, SendError> {
    return Effect.suspend((): Effect.Effect<void, SendError> => {
      if (messages.length === 1) return this.sendNow(messages[0]!, options)
      for (const message of messages) {
        const invalid = this.endpoint.invalid(message, options?.kind)
        if (invalid !== undefined) return Effect.fail(new InvalidMessage(invalid))
      }
      // The program may change its array while the messages wait.
      return this.submit(messages.slice(), options)
    })
  }

  private submit(
    messages: ReadonlyArray<Message>,
    { compress, kind }: SendOptions = {}
  ): Effect.Effect<void, ConnectionClosed> {
    const { endpoint, fragmentBytes } = this
    let sent = 0
    let split: OutgoingMessage.SplitMessage | undefined
    const encodeSplit = () => {
      while (split !== undefined && !endpoint.blocked) {
        if (split.next()) split = undefined
        this.writeWhenFull()
      }
      return split === undefined
    }
    const encode = () => {
      while (encodeSplit() && sent < messages.length && !endpoint.blocked) {
        const message = messages[sent++]!
        if (this.isLarge(message)) split = endpoint.split(message, fragmentBytes, compress, kind)
        else endpoint.send(message, compress, kind)
        this.writeWhenFull()
      }
      return split === undefined && sent === messages.length
    }
    /** A message that was begun is sent to its end, even if its sender was interrupted. */
    const interrupted = () => {
      split?.keep()
      return split && encodeSplit
    }
    return this.line.submit(encode, interrupted)
  }

  /** Whether it may exceed `fragmentBytes`. A UTF-16 unit becomes at most three bytes. */
  private isLarge(message: Message): boolean {
    return (typeof message === "string" ? message.length * 3 : message.length) > this.fragmentBytes
  }

  /** Succeeds once everything accepted so far was handed to the kernel. */
  get flush(): Effect.Effect<void, ConnectionClosed | TransportError> {
    return Effect.suspend((): Effect.Effect<void, ConnectionClosed | TransportError> => {
      if (this.closed !== undefined) return this.closed
      this.write()
      return this.stream.flushed
    })
  }

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
    const wasFlushing = this.flushing
    this.handedOver += this.endpoint.output.pendingBytes
    const chunks = this.endpoint.output.take() as unknown as NonEmptyReadonlyArray<Uint8Array>
    const takesMore = this.stream.writeUnsafe(chunks)
    const { flushing } = this
    if (flushing && !wasFlushing) this.unflushedSince = Moment.now(this.clock)
    // Mostly the kernel has everything already. If the stream takes no more, it may have failed, and may still read the buffer.
    if (takesMore && !flushing && this.endpoint.output.isTaken) this.endpoint.output.giveBack()
    if (takesMore) return
    this.endpoint.blocked = true
    if (!this.isRunning) {
      this.isRunning = true
      this.session?.startWriter()
    }
    this.wake()
  }

  /** Lets waiting senders continue whenever the transport has drained, until `end`. One fiber runs it. */
  get run(): Effect.Effect<void, TransportError> {
    return Effect.suspend(() => {
      this.isRunning = true
      const drained = Effect.suspend(() =>
        this.isOver ? Effect.void : Effect.map(this.stream.drained, () => this.resume())
      )
      const turn = Effect.andThen(this.awaitBlocked, drained)
      return Effect.whileLoop({ while: () => !this.isOver, body: () => turn, step: () => {} })
    })
  }

  /** Nothing will be written any more. */
  end(): void {
    this.isOver = true
    this.wake()
  }

  private wake(): void {
    const wake = this.onBlocked
    this.onBlocked = undefined
    wake?.()
  }

  /** The transport holds enough. */
  get blocked(): boolean {
    return this.endpoint.blocked
  }

  /** `Line` calls this for each sender whose turn has come. */
  encode(encode: Encode): boolean {
    this.prepare()
    const done = encode()
    this.schedule()
    return done
  }

  private get awaitBlocked(): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      if (this.endpoint.blocked) return resume(Effect.void)
      const wake = () => resume(Effect.void)
      this.onBlocked = wake
      return Effect.sync(() => {
        this.onBlocked = undefined
      })
    })
  }

  /** The transport has drained: the endpoint's owed pong goes first, then the line moves until the transport is full again. */
  private resume(): void {
    this.endpoint.blocked = false
    this.line.advance()
    this.write()
  }

  /** Reuses the buffer if the kernel has taken everything since the last write. */
  private prepare(): void {
    const { output } = this.endpoint
    if (output.isTaken && !this.flushing) output.recycle()
  }

  /** What a program sends while it handles a read is written together, at `endRead`. */
  beginRead(): void {
    this.isReading = true
  }

  endRead(): void {
    this.isReading = false
    this.write()
  }

  private schedule(): void {
    this.writeWhenFull()
    if (this.scheduled || this.isReading) return
    this.scheduled = true
    this.writeScheduled ??= this.makeWriteScheduled()
    void Promise.resolve().then(this.writeScheduled)
  }

  /** Separate, since a method that contains such a function allocates for it at each call (docs/performance.md, Closures). */
  private makeWriteScheduled(): () => void {
    return () => this.writeWhatIsScheduled()
  }

  /** This runs in a microtask, so an exception of a faulty stream would end the process. */
  private writeWhatIsScheduled(): void {
    this.scheduled = false
    try {
      this.write()
    } catch (defect) {
      this.session?.died(defect)
    }
  }

  private writeWhenFull(): void {
    if (this.endpoint.output.pendingBytes >= writeFrom) this.write()
  }
}

/** From this many encoded bytes on, they are written within the turn: a write this large gains nothing from waiting. */
const writeFrom = 0x10000

/** Like `Effect.suspend(() => outgoing.sendNow(message, options))`, but without a closure for each message. */
class Send extends Effectable.Class<void, SendError> {
  private readonly outgoing: Outgoing
  private readonly message: Message
  private readonly options: SendOptions | undefined

  constructor(outgoing: Outgoing, message: Message, options: SendOptions | undefined) {
    super()
    this.outgoing = outgoing
    this.message = message
    this.options = options
  }

  override asEffect(): Effect.Effect<void, SendError> {
    return this.outgoing.sendNow(this.message, this.options)
  }
}
