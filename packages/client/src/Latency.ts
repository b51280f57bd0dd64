/**
 * Round-trip times of a connection's pings.
 */
import type { Duration } from "effect/Duration"

/** Quantiles are over the last 128 round trips, each a value that was measured. */
export interface Latency {
  readonly last: Duration
  /** A moving average: each round trip moves it by an eighth of the difference, as in TCP (RFC 6298 §2). */
  readonly smoothed: Duration
  readonly least: Duration
  readonly median: Duration
  readonly p90: Duration
  readonly p99: Duration
  readonly most: Duration
  /** How many were measured since the connection opened. */
  readonly count: number
}
