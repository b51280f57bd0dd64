/**
 * What a timer that fires late excuses. While a program computes, or its machine sleeps, nothing is read: when it goes
 * on, its timers fire before the bytes that came meanwhile, so silence up to then says nothing about the peer.
 */
import * as Moment from "./Moment.ts"

export class Excuse {
  private readonly most: bigint
  private last: Moment.Moment | undefined

  /** `most`: for how long it excuses, so that a program that is always busy notices a dead peer as well. */
  constructor(most: bigint) {
    this.most = most
  }

  /** How much longer to wait from now on, when the timer that asks was due at `due`: as long again as it was late. */
  take(now: Moment.Moment, due: Moment.Moment): bigint {
    const late = now - due
    if (late <= punctual) return 0n
    this.last ??= now + this.most
    const left = this.last - now
    const wanted = Moment.latest(late, oneTurn)
    return wanted < left ? wanted : Moment.latest(left, 0n)
  }
}

/** Timers are never exact: up to 10 ms say nothing. */
const punctual = 10_000_000n

/** Long enough for the event loop to come round and read: 100 ms. */
const oneTurn = 100_000_000n
