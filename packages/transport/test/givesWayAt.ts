import * as Scheduler from "effect/Scheduler"

/** A scheduler whose fiber gives way to others once: at that step of all that it runs. */
export class GivesWayAt extends Scheduler.MixedScheduler {
  hasGivenWay = false
  /** Called then, as soon as nothing else runs. */
  onGivenWay = () => {}
  private steps = 0
  private readonly step: number
  constructor(step: number) {
    super()
    this.step = step
  }

  override shouldYield(): boolean {
    this.steps += 1
    if (this.steps !== this.step) return false
    this.hasGivenWay = true
    queueMicrotask(() => this.onGivenWay())
    return true
  }
}
