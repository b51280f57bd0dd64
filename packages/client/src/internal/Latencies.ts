/**
 * Measured round trips of one connection and their statistics. Only the last ones are kept, so quantiles are up to date.
 */
import * as Duration from "effect/Duration"
import type { Latency } from "../Latency.ts"

export class Latencies {
  /** The last measured round trip. */
  last: Duration.Duration | undefined
  /** In nanoseconds. */
  private smoothed = 0
  /** The last ones in nanoseconds; the oldest is replaced once it is full. */
  private readonly sample: Array<number> = []
  private count = 0

  add(roundTrip: bigint): void {
    const nanos = Number(roundTrip)
    this.last = Duration.nanos(roundTrip)
    this.smoothed += this.count === 0 ? nanos : (nanos - this.smoothed) / 8
    this.sample[this.count % sampleSize] = nanos
    this.count += 1
  }

  /** Undefined before the first. */
  get statistics(): Latency | undefined {
    const { last } = this
    if (last === undefined) return undefined
    const sorted = this.sample.toSorted((a, b) => a - b)
    const quantile = (share: number) => duration(sorted[Math.ceil(share * sorted.length) - 1]!)
    return {
      last,
      smoothed: duration(this.smoothed),
      least: duration(sorted[0]!),
      median: quantile(0.5),
      p90: quantile(0.9),
      p99: quantile(0.99),
      most: quantile(1),
      count: this.count
    }
  }
}

const duration = (nanos: number) => Duration.nanos(BigInt(Math.round(nanos)))

/** About forty minutes of keep-alive by default. */
const sampleSize = 128
