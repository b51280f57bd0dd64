/**
 * Two full buffers that wait for each other: we do not read because our inbox is full, and the peer does not read
 * either, so nothing of ours arrives. It watches while the inbox is full; what follows is the reader's business.
 */
import type * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import type { Alarm, Attendant } from "./Attendant.ts"
import { Excuse } from "./Excuse.ts"
import * as Moment from "./Moment.ts"
import type { Outgoing } from "./Outgoing.ts"

export interface Parts {
  readonly outgoing: Outgoing
  readonly clock: Clock.Clock
  readonly attendant: Pick<Attendant, "set" | "unset">
  readonly stallTimeout: Duration.Duration
  /** Bytes have waited in the transport for `stallTimeout` and none of them moved. */
  stalled(): void
  /** The byte stream threw when it was asked what it holds. */
  died(defect: unknown): void
}

/**
 * Progress is looked for when the time is over, so a write that stops in the middle is noticed at the latest after twice
 * as long. A program that was busy then gets as long again (`Excuse`).
 */
export class Stall implements Alarm {
  at: Moment.Moment = 0n
  place: number | undefined
  private readonly parts: Parts
  private readonly bound: bigint
  private since: Moment.Moment = 0n
  private flushed = 0
  private excuse: Excuse

  constructor(parts: Parts) {
    this.parts = parts
    this.bound = Moment.nanos(parts.stallTimeout)
    this.excuse = new Excuse(this.bound)
  }

  /** From now on, until `end`. */
  begin(): void {
    const { clock, outgoing } = this.parts
    this.since = Moment.now(clock)
    this.flushed = outgoing.flushedBytes
    this.excuse = new Excuse(this.bound)
    this.at = this.since
    this.watch()
  }

  end(): void {
    this.parts.attendant.unset(this)
  }

  /** It runs inside the fiber that all connections share, and the byte stream may be a program's own. */
  ring(): void {
    try {
      this.watch()
    } catch (defect) {
      this.parts.died(defect)
    }
  }

  private watch(): void {
    const { attendant, clock, outgoing } = this.parts
    const now = Moment.now(clock)
    if (!outgoing.flushing || outgoing.flushedBytes !== this.flushed) this.since = now
    this.flushed = outgoing.flushedBytes
    const due = Moment.latest(this.since, outgoing.unflushedSince) + this.bound
    const excused = now < due ? 0n : this.excuse.take(now, this.at)
    if (now >= due && excused === 0n) return this.parts.stalled()
    this.at = now < due ? due : now + excused
    attendant.set(this)
  }
}
