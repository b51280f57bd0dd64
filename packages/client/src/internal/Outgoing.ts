/**
 * The way out: how messages are encoded, and when bytes are handed to the transport.
 *
 * While the transport takes bytes, a send is encoded at once and succeeds; everything encoded within one turn of the
 * event loop becomes one write. Once the transport holds enough, sends wait in `Line` and are encoded when it has
 * drained. So what is accepted is bounded by the transport's high-water mark and one message (with `fragmentBytes` one
 * fragment), and control frames never wait behind messages that are not accepted yet.
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

/** What it needs of a session. */
interface Writing {
  /** Runs `run` from now on. */
  startWriter(): void
  /** A write threw, of whoever's fault. */
  died(defect: unknown): void
}

export class Outgoing {
  /** Made for the first who may have to wait in it. */
  private madeLine: Line | undefined
  /** Messages of more bytes are sent as fragments of at most so many. */
  readonly fragmentBytes: number
  private readonly stream: ByteStream
  private readonly endpoint: Endpoint.Endpoint<unknown>
  private readonly clock: Clock.Clock
  private scheduled = false
  /** While what was read is worked on, which ends with a write. */
  private isReading = false
  /** Made for the first send. */
  private writeScheduled: (() => void) | undefined
  private readonly session: Writing | undefined
  private isRunning = false
  private isOver = false
  private onBlocked: (() => void) | undefined
  /** When the oldest bytes that are not flushed were handed to a transport that held none. */
  unflushedSince: Moment.Moment = 0n
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

  /** One message. Interrupting it while it waits takes it out of the line: it is sent whole or not at all. */
  send(message: Message, options?: SendOptions): Effect.Effect<void, SendError> {
    return new Send(this, message, options)
  }

  /** What `send` does when it is run. */
  sendNow(message: Message, options: SendOptions | undefined): Effect.Effect<void, SendError> {
    const invalid = this.endpoint.invalid(message, options?.kind)
    if (invalid !== undefined) return Effect.fail(new InvalidMessage(invalid))
    if (!this.line.free || this.isLarge(message)) return this.submit([message], options)
    this.prepare()
    this.endpoint.send(message, options?.compress, options?.kind)
    this.schedule()
    return Effect.void
  }

  /** Messages that nothing comes between. If one is not legal, none is sent; interrupted, it stops between two. */
  sendAll(messages: ReadonlyArray<Message>, options?: SendOptions): Effect.Effect<void, SendError> {
    return Effect.suspend((): Effect.Effect<void, SendError> => {
      if (messages.length === 1) return this.sendNow(messages[0]!, options)
      for (const message of messages) {
        const invalid = this.endpoint.invalid(message, options?.kind)
        if (invalid !== undefined) return Effect.fail(new InvalidMessage(invalid))
      }
      // The array is the program's, which may change it while they wait.
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
    /** A message that was begun is sent to its end, also when nobody waits for it any more. */
    const interrupted = () => {
      split?.keep()
      return split && encodeSplit
    }
    return this.line.submit(encode, interrupted)
  }

  /** A UTF-16 unit becomes at most three bytes. */
  private isLarge(message: Message): boolean {
    return (typeof message === "string" ? message.length * 3 : message.length) > this.fragmentBytes
  }

  /** Everything accepted so far is with the kernel. */
  get flush(): Effect.Effect<void, ConnectionClosed | TransportError> {
    return Effect.suspend((): Effect.Effect<void, ConnectionClosed | TransportError> => {
      if (this.line.ended !== undefined) return this.line.ended
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
    // Most often the kernel has taken it already. A stream that takes no more may have failed, and nothing is known then.
    if (takesMore && !flushing && this.endpoint.output.isTaken) this.endpoint.output.giveBack()
    if (takesMore) return
    this.endpoint.blocked = true
    if (!this.isRunning) {
      this.isRunning = true
      this.session?.startWriter()
    }
    this.wake()
  }

  /** Lets those in line go on whenever the transport has drained, until `end`. One fiber runs it. */
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

  /** Nothing is written any more. */
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

  /** For those in line. */
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

  /** The transport has drained: what overtakes goes first, then the line moves until the transport is full again. */
  private resume(): void {
    this.endpoint.blocked = false
    this.line.advance()
    this.write()
  }

  /** What the kernel had not taken at once it may have taken since. */
  private prepare(): void {
    const { output } = this.endpoint
    if (output.isTaken && !this.flushing) output.recycle()
  }

  /** What a program sends while it is given what was read goes out behind that, at `endRead`. */
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

  /** On its own, since a method that writes such a function allocates for it at each call (docs/performance.md, Closures). */
  private makeWriteScheduled(): () => void {
    return () => this.writeWhatIsScheduled()
  }

  /** Nobody calls this, so what a stream throws here, which it must not, would end the process. */
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

/** So many encoded bytes are handed over within the turn: a write this large gains nothing from waiting. */
const writeFrom = 0x10000

/** As `Effect.suspend(() => outgoing.sendNow(message, options))`, without its closure: programs make one per message. */
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
