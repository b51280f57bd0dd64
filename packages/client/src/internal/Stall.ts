/**
 * Notices two full buffers that wait for each other: we do not read because our inbox is full, and the peer does not read
 * either, so none of our bytes move. It watches while the inbox is full; the session decides what follows.
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
  /** Called when bytes have waited in the transport for `stallTimeout` and none of them moved. */
  stalled(): void
  /** Called when the byte stream throws on being asked how much it holds. */
  died(defect: unknown): void
}

/**
 * It looks for progress only when the time is over, so it may notice a stall as late as after twice `stallTimeout`. If the
 * program was busy then, it waits as long again (`Excuse`).
 */
export class Stall implements Alarm {
  at: Moment.Moment = 0
  index: number | undefined
  private readonly parts: Parts
  private readonly bound: number
  private since: Moment.Moment = 0
  private flushed = 0
  private excuse: Excuse

  constructor(parts: Parts) {
    this.parts = parts
    this.bound = Moment.nanos(parts.stallTimeout)
    this.excuse = new Excuse(this.bound)
  }

  /** Watches until `end`. */
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

  /** This runs in the fiber that all connections share, and the byte stream may be the program's own and faulty. */
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
    const due = Math.max(this.since, outgoing.unflushedSince) + this.bound
    const excused = now < due ? 0 : this.excuse.take(now, this.at)
    if (now >= due && excused === 0) return this.parts.stalled()
    this.at = now < due ? due : now + excused
    attendant.set(this)
  }
}
