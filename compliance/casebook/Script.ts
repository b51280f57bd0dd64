/** Plays the steps of a case, one after the other, on a connection that somebody else reads and closes. */
import type { Flood, Step } from "./Case.ts"
import * as Frame from "./Frame.ts"
import type { Gate, Timers } from "./Timers.ts"
import type { Wire } from "./Wire.ts"

/** What a script needs of the session it is played in. */
export interface Stage {
  readonly wire: Wire
  readonly timers: Timers
  readonly reading: Gate
  /** No Close has passed in either direction. */
  readonly open: boolean
  /** The client's Close came, or TCP has ended. */
  readonly over: boolean
  readonly startClosing: (octets: Uint8Array) => Promise<void>
  readonly timeout: (name: string) => void
  readonly untilEvents: (count: number) => Promise<void>
}

export const play = async (steps: ReadonlyArray<Step>, stage: Stage): Promise<void> => {
  for (const step of steps) {
    if (stage.wire.gone || (await playOne(step, stage)) === "end") return
  }
}

/** The answer, then the script: the first frames share a segment with the answer, unless either is chopped. */
export const joined = (answer: ReadonlyArray<Step>, script: ReadonlyArray<Step>): ReadonlyArray<Step> => {
  const [head, first] = [answer.at(-1), script[0]]
  const apart = [...answer, ...script]
  if (head === undefined || first === undefined || !("write" in head) || head.chop) return apart
  const before = answer.slice(0, -1)
  if ("write" in first && !first.chop) {
    return [...before, { write: Frame.concat(head.write, first.write) }, ...script.slice(1)]
  }
  if ("close" in first) return [...before, { close: Frame.concat(head.write, first.close) }, ...script.slice(1)]
  return apart
}

const playOne = async (step: Step, stage: Stage): Promise<"end" | undefined> => {
  const { reading, timers, wire } = stage
  if ("write" in step) await wire.write(step.write, step.chop)
  else if ("close" in step) await stage.startClosing(step.close)
  else if ("flood" in step) await flood(step, stage)
  else if ("events" in step) await stage.untilEvents(step.events)
  else if ("reading" in step) step.reading ? reading.open() : reading.shut()
  else if ("tcp" in step) step.tcp === "fin" ? wire.fin() : wire.reset()
  else {
    await timers.after(step.wait)
    if (step.timeout === undefined) return undefined
    if (!stage.open) return "end"
    stage.timeout(step.timeout)
  }
  return undefined
}

const flood = async ({ every, flood, octets, seconds = 20 }: Flood, stage: Stage): Promise<void> => {
  const end = performance.now() + seconds * 1000
  for (let sent = 0; sent < octets && performance.now() < end && !stage.over; sent += flood.length) {
    await stage.wire.write(flood)
    if (every !== undefined) await stage.timers.after(every)
  }
}
