/**
 * What a row's rounds say about each of its metrics: every arm's values and ratios, and whether ours met its targets.
 *
 *     floor   within 10 % of the raw drain of the same bytes: counts as met. Of growth: it misses `must`, but does not
 *             grow more than 10 % beyond the raw drain
 *     void    the server could not have driven more than 1.25 times the fastest arm that is not at the floor, or ours was
 *             faster than the floor: the machine was busy with something else
 *     below   the worse quartile of the ratios misses `must`
 *     must    it holds
 *     aim     and the median reaches `aim`
 */
import { BASELINE, FLOOR, OURS } from "../plan/Arms.ts"
import { type Metric, metricsOf } from "../plan/Metrics.ts"
import type { Targets } from "../plan/Workloads.ts"
import type { Result } from "../run/Rounds.ts"
import { median, type Summary, summary } from "./Statistics.ts"

export type Mark = "floor" | "void" | "below" | "must" | "aim"

export interface Verdict {
  readonly metric: Metric
  readonly targets: Targets
  readonly arms: ReadonlyMap<string, Measured>
  /** Of the server while it drove the floor: messages per second of its CPU time. */
  readonly serverRate: number | undefined
  /** Undefined without targets, or without ours. */
  readonly mark: Mark | undefined
}

export interface Measured {
  readonly values: ReadonlyArray<number>
  readonly value: Summary
  /** Against the baseline, round by round; undefined without a baseline. */
  readonly ratio: Summary | undefined
  readonly atFloor: boolean
  /** Better than the floor, which cannot be: the floor was disturbed. A growth may be less than that of the floor. */
  readonly beyondFloor: boolean
}

/** `first` is the first row of the same workload. */
export const verdicts = (result: Result, first: Result): ReadonlyArray<Verdict> =>
  metricsOf(result.row).map((metric) => {
    const series = seriesOf(metric, result)
    const firsts = seriesOf(metric, first)
    const baseline = (name: string) => (metric.against === "itself" ? firsts.get(name) : series.get(BASELINE))
    const floor = { values: series.get(FLOOR), baseline: baseline(FLOOR) }
    const arms = new Map(
      [...series].map(([name, values]) => [
        name,
        measured(metric, { values, baseline: baseline(name) }, name === FLOOR ? undefined : floor)
      ])
    )
    const floorTurns = result.turns.get(FLOOR)
    const serverRate = metric.driven && floorTurns ? median(floorTurns.map((turn) => turn.serverRate)) : undefined
    const targets = metric.targets(result.row.targets)
    return { metric, targets, arms, serverRate, mark: mark(metric, targets, arms, serverRate) }
  })

const seriesOf = (metric: Metric, { turns }: Result): ReadonlyMap<string, ReadonlyArray<number>> =>
  new Map([...turns].map(([name, ofArm]) => [name, ofArm.map(({ values }) => values[metric.key] ?? Number.NaN)]))

interface Series {
  readonly values: ReadonlyArray<number> | undefined
  readonly baseline: ReadonlyArray<number> | undefined
}

const measured = (metric: Metric, { baseline, values = [] }: Series, floor: Series | undefined): Measured => {
  const ratios = baseline && compared(metric, values, baseline)
  const beside = floor === undefined || metric.key === "time" ? [] : besideFloor(metric, values, ratios, floor)
  const reached = metric.better === "more" ? median(beside) : 1 / median(beside)
  return {
    values,
    value: summary(values),
    ratio: ratios && summary(ratios),
    atFloor: reached >= 1 - MARGIN && reached <= 1 + MARGIN,
    beyondFloor: reached > 1 + MARGIN
  }
}

/** Values beside those of the floor; of growth, how much they grow beside how much the floor does. */
const besideFloor = (
  metric: Metric,
  values: ReadonlyArray<number>,
  ratios: ReadonlyArray<number> | undefined,
  floor: Series
): ReadonlyArray<number> => {
  if (floor.values === undefined) return []
  if (metric.against !== "itself") return compared(metric, values, floor.values)
  if (ratios === undefined || floor.baseline === undefined) return []
  return compared(metric, ratios, compared(metric, floor.values, floor.baseline))
}

const compared = (metric: Metric, values: ReadonlyArray<number>, others: ReadonlyArray<number>) =>
  values.map((value, round) => metric.compare(value, others[round]!))

const mark = (
  metric: Metric,
  targets: Targets,
  arms: ReadonlyMap<string, Measured>,
  serverRate: number | undefined
): Mark | undefined => {
  const ours = arms.get(OURS)
  if (targets === undefined || ours?.ratio === undefined) return undefined
  const [must, aim] = targets
  const { low, median, high } = ours.ratio
  const holds = metric.better === "more" ? low >= must : high <= must
  const grows = metric.against === "itself"
  if (ours.atFloor && !(grows && holds)) return "floor"
  if (metric.driven && ours.beyondFloor) return "void"
  if (serverRate !== undefined && serverRate < HEADROOM * fastest(arms)) return "void"
  if (!holds) return grows && ours.beyondFloor ? "floor" : "below"
  return (metric.better === "more" ? median >= aim : median <= aim) ? "aim" : "must"
}

const fastest = (arms: ReadonlyMap<string, Measured>): number =>
  Math.max(
    0,
    ...[...arms].filter(([name, { atFloor }]) => name !== FLOOR && !atFloor).map(([, arm]) => arm.value.median)
  )

const MARGIN = 0.1
export const HEADROOM = 1.25
