/**
 * Measured round trips of one connection and their statistics. Only the last ones are kept, so quantiles are up to date.
 */
import type { Duration } from "effect/Duration"
import type { Latency } from "../Latency.ts"
import * as Moment from "./Moment.ts"

export class Latencies {
  /** The last measured round trip. */
  last: Duration | undefined
  /** In nanoseconds. */
  private smoothed = 0
  /** The last ones in nanoseconds; the oldest is replaced once it is full. */
  private readonly sample: Array<number> = []
  private count = 0

  /** In nanoseconds. */
  add(roundTrip: number): void {
    this.last = Moment.duration(roundTrip)
    this.smoothed += this.count === 0 ? roundTrip : (roundTrip - this.smoothed) / 8
    this.sample[this.count % sampleSize] = roundTrip
    this.count += 1
  }

  /** Undefined before the first. */
  get statistics(): Latency | undefined {
    const { last } = this
    if (last === undefined) return undefined
    const sorted = this.sample.toSorted((a, b) => a - b)
    const quantile = (share: number) => Moment.duration(sorted[Math.ceil(share * sorted.length) - 1]!)
    return {
      last,
      smoothed: Moment.duration(this.smoothed),
      least: Moment.duration(sorted[0]!),
      median: quantile(0.5),
      p90: quantile(0.9),
      p99: quantile(0.99),
      most: quantile(1),
      count: this.count
    }
  }
}

/** About forty minutes of keep-alive by default. */
const sampleSize = 128
