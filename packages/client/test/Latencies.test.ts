import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import { Latencies } from "../src/internal/Latencies.ts"

const measured = (...millis: ReadonlyArray<number>) => {
  const latencies = new Latencies()
  for (const one of millis) latencies.add(one * 1_000_000)
  return latencies
}

/** In milliseconds. */
const told = (latencies: Latencies) =>
  Object.fromEntries(
    Object.entries(latencies.statistics!).map(([name, value]) => [
      name,
      Duration.isDuration(value) ? Duration.toMillis(value) : value
    ])
  )

describe("Latencies", () => {
  it("there are no statistics before the first measurement", () => {
    assert.isUndefined(measured().last)
    assert.isUndefined(measured().statistics)
  })

  it("after one measurement, every statistic is that one", () => {
    const all = { last: 8, smoothed: 8, least: 8, median: 8, p90: 8, p99: 8, most: 8 }
    assert.deepStrictEqual(told(measured(8)), { ...all, count: 1 })
  })

  it("smoothed moves by an eighth of the difference (RFC 6298 §2)", () => {
    assert.strictEqual(told(measured(80, 160)).smoothed, 90)
    assert.strictEqual(told(measured(80, 160, 10)).smoothed, 80)
  })

  it("quantiles are values that were measured, whatever their order", () => {
    const hundred = Array.from({ length: 100 }, (_, i) => ((i * 37) % 100) + 1)
    assert.deepInclude(told(measured(...hundred)), { least: 1, median: 50, p90: 90, p99: 99, most: 100, count: 100 })
    assert.deepInclude(told(measured(3, 1, 2)), { last: 2, least: 1, median: 2, p90: 3, most: 3 })
  })

  it("only the last 128 are kept", () => {
    const outlier = [1000, ...Array.from({ length: 127 }, () => 5)]
    assert.deepInclude(told(measured(...outlier)), { most: 1000, count: 128 })
    assert.deepInclude(told(measured(...outlier, 5)), { most: 5, least: 5, count: 129 })
  })
})
