/**
 * How messages are received: reads bytes while the inbox has room, and hands the messages in them to the inbox.
 *
 * Control frames are handled as they are read. Only a full inbox stops reading. A blocked writer does not, or two full
 * buffers could wait for each other.
 */
import type { Endpoint } from "@effect-websocket/core"
import type { ByteSink, ByteStream, TransportError } from "@effect-websocket/transport"
import type * as Arr from "effect/Array"
import type * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import type { ReceiveError } from "../Errors.ts"
import type { Attendant } from "./Attendant.ts"
import type { Idle } from "./Idle.ts"
import type { Inbox } from "./Inbox.ts"
import type { Outcome } from "./Outcome.ts"
import type { Outgoing } from "./Outgoing.ts"
import type { Pings } from "./Pings.ts"
import { Stall } from "./Stall.ts"

export interface Parts<A> {
  readonly stream: ByteStream
  readonly endpoint: Endpoint.Endpoint<A>
  readonly inbox: Inbox<A, ReceiveError>
  readonly outgoing: Outgoing
  readonly pings: Pings
  readonly outcome: Outcome
  readonly clock: Clock.Clock
  readonly attendant: Attendant
  readonly stallTimeout: Duration.Duration
  /** The idle timeout, if there is one: it has to know when data comes. */
  readonly idle: Idle | undefined
  /** From now on, incoming bytes go to this sink. */
  flow(sink: ByteSink): void
  /** Shows a ping or pong to those who watch them. */
  show(control: Endpoint.Control): void
  /** Input means nothing any more. */
  inputOver(): void
  /** Something threw while a read was handled: our code or the program's. */
  died(defect: unknown): void
  /** The peer does not take what we send, and the program does not take what the peer sent. */
  stalled(): void
}

type Chunks = Arr.NonEmptyReadonlyArray<Uint8Array>

export class Reader<A> implements ByteSink {
  /** Grows with every read and when reading resumes after a pause, so keep-alive sees signs of life, or why there were none. */
  reads = 0
  /** Bytes read so far. */
  bytes = 0

  private readonly parts: Parts<A>
  private dataPieces = 0
  /** Made for the first pause. */
  private stall: Stall | undefined
  private isOver = false

  constructor(parts: Parts<A>) {
    this.parts = parts
  }

  /** Reads until input means nothing any more. `first` was read already. */
  begin(first: Uint8Array | undefined): void {
    if (first === undefined || this.take([first])) this.parts.flow(this)
  }

  take(chunks: Chunks): boolean {
    this.reads += 1
    return this.takeFrom(chunks, 0)
  }

  ended(failure: TransportError | undefined): void {
    this.parts.endpoint.receiveEnd()
    this.parts.outcome.settle("network", failure ?? this.parts.outcome.writeFailure)
    this.over()
  }

  /** Returns true if more may come. When the inbox is full in the middle of a read, `resume` continues with the rest. */
  private takeFrom(chunks: Chunks, index: number): boolean {
    const { endpoint } = this.parts
    try {
      for (let i = index; i < chunks.length; i++) {
        this.bytes += chunks[i]!.length
        endpoint.receive(chunks[i]!)
        if (!this.decode()) return this.pause(chunks, i)
        if (!endpoint.keepsRead) this.parts.stream.release?.(chunks[i]!)
      }
    } catch (defect) {
      return this.died(defect)
    }
    return endpoint.receiving || this.over()
  }

  /** The inbox has no room for the rest of this chunk. */
  private pause(chunks: Chunks, index: number): false {
    this.parts.inbox.whenRoom(() => this.resume(chunks, index))
    this.stall ??= new Stall(this.parts)
    this.stall.begin()
    return false
  }

  private resume(chunks: Chunks, index: number): void {
    const { idle, inbox, outcome } = this.parts
    this.stall?.end()
    this.reads += 1
    idle?.heard()
    // The inbox was woken without room, and writing has failed: the connection is lost in both directions.
    if (inbox.full && outcome.writeFailure !== undefined) return this.ended(outcome.writeFailure)
    if (this.goOn(chunks, index)) this.parts.flow(this)
  }

  private goOn(chunks: Chunks, index: number): boolean {
    try {
      if (!this.decode()) return this.pause(chunks, index)
    } catch (defect) {
      return this.died(defect)
    }
    return this.takeFrom(chunks, index + 1)
  }

  /** The session has ended. */
  stop(): void {
    this.stall?.end()
  }

  private over(): false {
    if (!this.isOver) this.parts.inputOver()
    this.isOver = true
    return false
  }

  private died(defect: unknown): false {
    if (!this.isOver) this.parts.died(defect)
    this.isOver = true
    return false
  }

  /** Returns true if the chunk is used up. Writes what was sent meanwhile. */
  private decode(): boolean {
    const { endpoint, outcome, outgoing } = this.parts
    outgoing.beginRead()
    try {
      return this.decodeAll() || !endpoint.receiving
    } finally {
      outgoing.endRead()
      if (endpoint.state === "Closed") outcome.settle("peer", undefined)
    }
  }

  /** Returns false if the inbox has no room for the rest. */
  private decodeAll(): boolean {
    const { endpoint, inbox } = this.parts
    let usedUp = false
    while (!usedUp) {
      const room = inbox.room()
      const full = room.messages <= 0 || room.bytes <= 0
      if (endpoint.state === "CloseSent" && (full || endpoint.discarded > 0)) {
        // Our Close is sent, but nobody takes messages: discard them, to find the peer's Close (RFC 6455 §7.1.2). After the
        // first discarded message all others are discarded too, so the program sees no gap.
        endpoint.discard()
        usedUp = true
      } else if (full) {
        break
      } else {
        usedUp = this.deliver(room)
      }
    }
    this.afterDecoding()
    return usedUp
  }

  private deliver(room: Endpoint.Room): boolean {
    const { endpoint, inbox, outcome } = this.parts
    const messages: Array<A> = []
    const usedUp = endpoint.read(messages, room)
    // Consumers run inside `deliver`. If the peer's Close has come, what they send must fail.
    if (endpoint.state === "Closed") outcome.closing()
    if (messages.length > 0) inbox.deliver(messages)
    return usedUp
  }

  private afterDecoding(): void {
    const { endpoint, idle } = this.parts
    if (idle !== undefined && endpoint.dataPieces > this.dataPieces) idle.heard()
    this.dataPieces = endpoint.dataPieces
    if (endpoint.controls.length > 0) {
      for (const control of endpoint.controls.splice(0)) {
        if (control._tag === "Pong") this.parts.pings.pong(control.payload)
        this.parts.show(control)
      }
    }
  }
}
