/**
 * The way in: reads bytes as long as the inbox has room, and hands the messages in them to the inbox.
 *
 * Control frames are handled as they are read. Only a full inbox stops reading: a blocked writer does not, else two
 * full buffers would wait for each other.
 */
import type { Endpoint } from "@effect-websocket/core"
import type { ByteStream, TransportError } from "@effect-websocket/transport"
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { type ReceiveError, Stalled } from "../Errors.ts"
import type { Idle } from "./Idle.ts"
import type { Inbox } from "./Inbox.ts"
import type { Outcome } from "./Outcome.ts"
import type { Outgoing } from "./Outgoing.ts"
import type { Pings } from "./Pings.ts"
import { stalled } from "./Stall.ts"

export interface Parts<A> {
  readonly stream: ByteStream
  readonly endpoint: Endpoint.Endpoint<A>
  readonly inbox: Inbox<A, ReceiveError>
  readonly outgoing: Outgoing
  readonly pings: Pings
  readonly outcome: Outcome
  readonly clock: Clock.Clock
  readonly stallTimeout: Duration.Duration
  /** Wants to know when data comes, if anyone does. */
  readonly idle: Idle | undefined
  /** Shows a ping or pong to those who watch them. */
  show(control: Endpoint.Control): void
}

export class Reader<A> {
  /** Grows with every read, and when reading goes on after a pause: signs of life, or an excuse for silence. */
  reads = 0
  /** Bytes read so far. */
  bytes = 0

  private readonly parts: Parts<A>
  private dataPieces = 0
  /** Waits for the next read and takes it. */
  private next: Effect.Effect<void, TransportError | Cause.Done> = Effect.void

  constructor(parts: Parts<A>) {
    this.parts = parts
  }

  /** Reads until input means nothing any more. `first` was read already. */
  run(first: Uint8Array | undefined): Effect.Effect<void> {
    this.next = Effect.flatMap(this.parts.stream.pull, (chunks) => this.take(chunks))
    const readAll = Effect.whileLoop(this)
    return Effect.catchCause(first === undefined ? readAll : Effect.andThen(this.take([first]), readAll), (cause) => {
      const end = Cause.findError(cause)
      // Only a failure is an end of input.
      if (Result.isFailure(end) || Cause.hasDies(cause)) return Effect.failCause(cause as Cause.Cause<never>)
      return Effect.sync(() => this.inputEnded(Cause.isDone(end.success) ? undefined : end.success))
    })
  }

  // It is its own loop, so that one that waits holds no closures for it.

  while(): boolean {
    return this.parts.endpoint.receiving
  }

  body(): Effect.Effect<void, TransportError | Cause.Done> {
    return this.next
  }

  step(): void {}

  private inputEnded(failure: TransportError | undefined): void {
    this.parts.endpoint.receiveEnd()
    this.parts.outcome.settle("network", failure ?? this.parts.outcome.writeFailure)
  }

  private take(chunks: NonEmptyReadonlyArray<Uint8Array>): Effect.Effect<void> {
    this.reads += 1
    return this.takeFrom(chunks, 0)
  }

  private takeFrom(chunks: NonEmptyReadonlyArray<Uint8Array>, index: number): Effect.Effect<void> {
    for (let i = index; i < chunks.length; i++) {
      const chunk = chunks[i]!
      this.bytes += chunk.length
      this.parts.endpoint.receive(chunk)
      if (!this.decode()) return Effect.flatMap(this.decodeRest, () => this.takeFrom(chunks, i + 1))
      if (!this.parts.endpoint.keepsRead) this.parts.stream.release?.(chunk)
    }
    return Effect.void
  }

  /** Decodes until the chunk is used up, or answers false when there is no room for more. */
  private decode(): boolean {
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
    return usedUp || !endpoint.receiving
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
    const { endpoint, idle, outcome, outgoing, pings } = this.parts
    if (idle !== undefined && endpoint.dataPieces > this.dataPieces) idle.heard()
    this.dataPieces = endpoint.dataPieces
    if (endpoint.controls.length > 0) {
      for (const control of endpoint.controls.splice(0)) {
        if (control._tag === "Pong") pings.pong(control.payload)
        this.parts.show(control)
      }
    }
    outgoing.write()
    if (endpoint.state === "Closed") outcome.settle("peer", undefined)
  }

  private get decodeRest(): Effect.Effect<void> {
    const { clock, idle, inbox, outcome, outgoing, stallTimeout } = this.parts
    const deadlock = Effect.flatMap(stalled(outgoing, stallTimeout, clock), () =>
      outcome.giveUp(new Stalled({ stallTimeout }))
    )
    return Effect.flatMap(Effect.raceFirst(inbox.awaitRoom, deadlock), () => {
      this.reads += 1
      idle?.heard()
      // Nobody takes what was read, and nothing of ours arrives any more: the connection is lost.
      if (inbox.full && outcome.writeFailure !== undefined) this.inputEnded(outcome.writeFailure)
      return this.decode() ? Effect.void : this.decodeRest
    })
  }
}
