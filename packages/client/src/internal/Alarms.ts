/**
 * Alarms in the order of their moments: a binary heap in which each alarm knows its place, so that one of many thousands is
 * set or removed in a few steps.
 */
import type * as Moment from "./Moment.ts"

export interface Timed {
  at: Moment.Moment
  /** Its index in the heap; undefined while it is not set. Only `Alarms` writes it. */
  place: number | undefined
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
    const { place } = alarm
    if (place === undefined) return
    alarm.place = undefined
    const last = this.heap.pop()!
    if (last === alarm) return
    this.rise(last, place)
    this.sink(last, last.place!)
  }

  /** `from` is free: puts the alarm there, or higher up, and moves the ones above it down. */
  private rise(alarm: A, from: number): void {
    let place = from
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (this.heap[parent]!.at <= alarm.at) break
      this.put(this.heap[parent]!, place)
      place = parent
    }
    this.put(alarm, place)
  }

  /** `from` is free: puts the alarm there, or further down, and moves the ones below it up. */
  private sink(alarm: A, from: number): void {
    let place = from
    while (place * 2 + 1 < this.heap.length) {
      const left = place * 2 + 1
      const right = this.heap[left + 1]
      const child = right !== undefined && right.at < this.heap[left]!.at ? left + 1 : left
      if (alarm.at <= this.heap[child]!.at) break
      this.put(this.heap[child]!, place)
      place = child
    }
    this.put(alarm, place)
  }

  private put(alarm: A, place: number): void {
    this.heap[place] = alarm
    alarm.place = place
  }
}
