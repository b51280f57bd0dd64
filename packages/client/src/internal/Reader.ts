/**
 * The way in: reads bytes as long as the inbox has room, and hands the messages in them to the inbox.
 *
 * Control frames are handled as they are read. Only a full inbox stops reading: a blocked writer does not, else two
 * full buffers would wait for each other.
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
  /** Wants to know when data comes, if anyone does. */
  readonly idle: Idle | undefined
  /** From now on what comes in goes there. */
  flow(sink: ByteSink): void
  /** Shows a ping or pong to those who watch them. */
  show(control: Endpoint.Control): void
  /** Input means nothing any more. */
  inputOver(): void
  /** What was read made something throw, of whoever's fault. */
  died(defect: unknown): void
  /** Nothing of ours arrives, and nobody takes what the peer sent. */
  stalled(): void
}

type Chunks = Arr.NonEmptyReadonlyArray<Uint8Array>

export class Reader<A> implements ByteSink {
  /** Grows with every read, and when reading goes on after a pause: signs of life, or an excuse for silence. */
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

  /** True when more may come. What stops in the middle of a read goes on with the rest of it. */
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

  /** There is no room for all of that chunk. */
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
    // Nobody takes what was read, and nothing of ours arrives any more: the connection is lost.
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

  /** Nothing is waited for any more. */
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

  /** True once the chunk is used up, and what was sent meanwhile written. */
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

  /** False when there is no room for more. */
  private decodeAll(): boolean {
    const { endpoint, inbox } = this.parts
    let usedUp = false
    while (!usedUp) {
      const room = inbox.room()
      const full = room.messages <= 0 || room.bytes <= 0
      if (endpoint.state === "CloseSent" && (full || endpoint.discarded > 0)) {
        // Nobody takes messages, but our Close is out: look on for the peer's (RFC 6455 §7.1.2). What comes after a
        // message that was discarded is discarded too, so what is delivered has no gap.
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
    // A consumer runs inside `deliver`: what it sends after the peer's Close has to fail.
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
