/**
 * Pings that wait for their pong, and the round-trip times they measure (RFC 6455 §5.5.2, §5.5.3).
 *
 * A pong completes the ping with its payload and every earlier one; a pong with another payload is ignored. If several pings
 * have the same payload, the pong may answer any of them, and the peer may answer only the last one. So it completes all of
 * them, timed from the first, and no ping waits for a pong that never comes.
 */
import type * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { ConnectionClosed } from "../Errors.ts"
import { Latencies } from "./Latencies.ts"
import type { Meter } from "./Meter.ts"
import * as Moment from "./Moment.ts"

export interface PendingPing {
  readonly payload: Uint8Array
  /** When it was encoded, then when it was flushed. */
  sentAt: Moment.Moment
  readonly pong: Deferred.Deferred<Duration.Duration, ConnectionClosed>
}

export class Pings {
  private readonly clock: Clock.Clock
  private readonly meter: Pick<Meter, "roundTrip">
  private measurements: Latencies | undefined
  private pending: Array<PendingPing> = []
  private count = 0

  /** `meter` gets every round trip. */
  constructor(clock: Clock.Clock, meter: Pick<Meter, "roundTrip">) {
    this.clock = clock
    this.meter = meter
  }

  get latencies(): Latencies {
    this.measurements ??= new Latencies()
    return this.measurements
  }

  /** Without a payload from the program, it gets a number that no other ping of this connection has. */
  make(payload: Uint8Array | undefined): PendingPing {
    return { payload: payload?.slice() ?? this.nextPayload(), sentAt: 0, pong: Deferred.makeUnsafe() }
  }

  /** The ping was encoded. */
  sent(ping: PendingPing): void {
    ping.sentAt = Moment.now(this.clock)
    this.pending.push(ping)
  }

  /** The ping was handed to the kernel: the round trip is measured from now. */
  flushed(ping: PendingPing): void {
    ping.sentAt = Moment.now(this.clock)
  }

  /** Nobody waits for it any more. */
  forget(ping: PendingPing): void {
    this.pending = this.pending.filter((other) => other !== ping)
  }

  /** A pong came. */
  pong(payload: Uint8Array): void {
    const answers = (ping: PendingPing) => equal(ping.payload, payload)
    const first = this.pending.find(answers)
    if (first === undefined) return
    const now = Moment.now(this.clock)
    this.measured(now - first.sentAt)
    for (const ping of this.pending.splice(0, this.pending.findLastIndex(answers) + 1)) {
      const since = Math.min(ping.sentAt, first.sentAt)
      Deferred.doneUnsafe(ping.pong, Effect.succeed(Moment.duration(now - since)))
    }
  }

  /** No pong will come any more. */
  close(closed: Effect.Effect<never, ConnectionClosed>): void {
    for (const ping of this.pending.splice(0)) Deferred.doneUnsafe(ping.pong, closed)
  }

  private measured(roundTrip: number): void {
    this.latencies.add(roundTrip)
    this.meter.roundTrip(roundTrip)
  }

  private nextPayload(): Uint8Array {
    const payload = new Uint8Array(4)
    new DataView(payload.buffer).setUint32(0, this.count++)
    return payload
  }
}

const equal = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i])
