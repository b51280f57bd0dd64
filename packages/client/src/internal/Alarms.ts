/**
 * Alarms in the order of their moments: a binary heap in which each alarm knows its index, so that one of many thousands is
 * set or removed in a few steps.
 */
import type * as Moment from "./Moment.ts"

export interface Timed {
  at: Moment.Moment
  /** Its index in the heap; undefined while it is not set. Only `Alarms` writes it. */
  index: number | undefined
}

export class Alarms<A extends Timed> {
  private readonly heap: Array<A> = []

  /** The next one. */
  get first(): A | undefined {
    return this.heap[0]
  }

  /** Sets an alarm that is not set. */
  add(alarm: A): void {
    this.heap.push(alarm)
    this.rise(alarm, this.heap.length - 1)
  }

  /** Removes it, if it is set. */
  remove(alarm: A): void {
    const { index } = alarm
    if (index === undefined) return
    alarm.index = undefined
    const last = this.heap.pop()!
    if (last === alarm) return
    this.rise(last, index)
    this.sink(last, last.index!)
  }

  /** `from` is free: puts the alarm there, or higher up, and moves the ones above it down. */
  private rise(alarm: A, from: number): void {
    let index = from
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (this.heap[parent]!.at <= alarm.at) break
      this.put(this.heap[parent]!, index)
      index = parent
    }
    this.put(alarm, index)
  }

  /** `from` is free: puts the alarm there, or further down, and moves the ones below it up. */
  private sink(alarm: A, from: number): void {
    let index = from
    while (index * 2 + 1 < this.heap.length) {
      const left = index * 2 + 1
      const right = this.heap[left + 1]
      const child = right !== undefined && right.at < this.heap[left]!.at ? left + 1 : left
      if (alarm.at <= this.heap[child]!.at) break
      this.put(this.heap[child]!, index)
      index = child
    }
    this.put(alarm, index)
  }

  private put(alarm: A, index: number): void {
    this.heap[index] = alarm
    alarm.index = index
  }
}
