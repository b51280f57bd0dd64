/**
 * The clock of every throughput measurement: warms up until the work takes long enough to be judged, then measures once, in
 * one piece, as much work as fills the time given.
 */
import process from "node:process"

export interface Sample {
  readonly units: number
  readonly seconds: number
  readonly cpuSeconds: number
}

/** `work` does that many units and resolves when the last has come to its end. */
export const take = async (work: (units: number) => Promise<void>, seconds: number): Promise<Sample> => {
  let units = 1
  let warmUp = await timed(work, units)
  for (let total = warmUp.seconds; warmUp.seconds < seconds / 4 || total < seconds / 2; total += warmUp.seconds) {
    const factor = seconds / 2 / Math.max(warmUp.seconds, 1e-6)
    units = Math.ceil(units * Math.min(8, factor))
    warmUp = await timed(work, units)
  }
  return timed(work, Math.max(1, Math.round((units * seconds) / warmUp.seconds)))
}

const timed = async (work: (units: number) => Promise<void>, units: number): Promise<Sample> => {
  const cpu = process.cpuUsage()
  const start = performance.now()
  await work(units)
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return { units, seconds, cpuSeconds: (user + system) / 1e6 }
}

/** As metrics, when each unit has that many messages, round trips or connections. */
export const values = ({ units, seconds, cpuSeconds }: Sample, unit: number): { rate: number; cpu: number } => ({
  rate: (units * unit) / seconds,
  cpu: (cpuSeconds / (units * unit)) * 1e6
})
