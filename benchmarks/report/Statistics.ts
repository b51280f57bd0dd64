/** Order statistics of a handful of rounds. Medians and quartiles, because one disturbed round must not move a result. */

/** Between the two nearest values, in proportion. `sorted` is ascending and not empty. */
export const quantile = (sorted: ReadonlyArray<number> | Float64Array, fraction: number): number => {
  const position = (sorted.length - 1) * fraction
  const below = sorted[Math.floor(position)]!
  return below + (sorted[Math.ceil(position)]! - below) * (position - Math.floor(position))
}

export interface Summary {
  readonly low: number
  readonly median: number
  readonly high: number
}

/** Lower quartile, median and upper quartile. */
export const summary = (values: ReadonlyArray<number>): Summary => {
  const sorted = values.toSorted((left, right) => left - right)
  return { low: quantile(sorted, 0.25), median: quantile(sorted, 0.5), high: quantile(sorted, 0.75) }
}

export const median = (values: ReadonlyArray<number>): number => summary(values).median
