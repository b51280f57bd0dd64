/**
 * How much longer to wait for a peer after a timer fired late. While a program computes, or its machine sleeps, nothing is
 * read. When it goes on, its timers fire before it reads the bytes that came meanwhile, so the silence until then says nothing
 * about the peer.
 */
import type * as Moment from "./Moment.ts"

export class Excuse {
  private readonly most: number
  private last: Moment.Moment | undefined

  /** `most` limits the extra time in all, so that a program that is always busy notices a dead peer too. */
  constructor(most: number) {
    this.most = most
  }

  /**
   * How long to wait from now on, if the timer was due at `due`: as long as it was late, but at least `oneTurn`. 0 if it was
   * punctual, or if the extra time is used up.
   */
  take(now: Moment.Moment, due: Moment.Moment): number {
    const late = now - due
    if (late <= punctual) return 0
    this.last ??= now + this.most
    const left = this.last - now
    return Math.max(0, Math.min(left, Math.max(late, oneTurn)))
  }
}

/** 10 ms: timers are never exact. */
const punctual = 10_000_000

/** 100 ms: enough for the event loop to get to reading. */
const oneTurn = 100_000_000
