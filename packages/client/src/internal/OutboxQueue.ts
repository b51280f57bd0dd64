/**
 * What an outbox holds, in order, and what happens to it: pure state, without a clock or an Effect.
 *
 * An item is queued, then in the hands of a connection, then gone. An item that is durable stays until it was flushed;
 * all others are gone when a connection accepted them. Each operation answers which items met which fate; telling those
 * who wait for it is the business of `Outbox`.
 */
import type { OutboxOptions } from "../OutboxOptions.ts"
import type * as Moment from "./Moment.ts"

export interface Item {
  /** How many messages it is: one, or all of a `sendAll`. */
  readonly messages: ReadonlyArray<string | Uint8Array>
  readonly bytes: number
  readonly durable: boolean
  /** When it expires; undefined for never. */
  readonly expires: Moment.Moment | undefined
}

export interface Bounds extends Pick<OutboxOptions, "maxBytes" | "maxMessages" | "overflow" | "resend"> {}

/** What became of an offer, and which items had to go for it. */
export type Offer<I> =
  | { readonly _tag: "Accepted"; readonly dropped: ReadonlyArray<I> }
  /** There is no room: wait for some. */
  | { readonly _tag: "Full" }
  /** There is no room, and it is the new item that goes: silently for who sends (`dropped`), or as a failure. */
  | { readonly _tag: "Refused"; readonly dropped: boolean }

/** Items that a connection or the client took to its end. */
export interface Ended<I> {
  readonly notSent: ReadonlyArray<I>
  readonly unknown: ReadonlyArray<I>
}

export class OutboxQueue<I extends Item> {
  messages = 0
  bytes = 0
  private readonly bounds: Bounds
  private queued: Array<I> = []
  /** Offered to the connection, which has not accepted it yet. */
  private offered: I | undefined
  /** Accepted by the connection, and kept since they are durable. */
  private handed: Array<I> = []

  constructor(bounds: Bounds) {
    this.bounds = bounds
  }

  /** Nothing waits for its turn, so a message that comes now may overtake nothing. */
  get isIdle(): boolean {
    return this.queued.length === 0 && this.offered === undefined
  }

  get isEmpty(): boolean {
    return this.messages === 0
  }

  get hasHanded(): boolean {
    return this.handed.length > 0
  }

  /** One item always fits into an empty outbox, however large it is. */
  offer(item: I): Offer<I> {
    const dropped: Array<I> = []
    if (!this.fits(item)) {
      const { overflow } = this.bounds
      if (overflow === "suspend") return { _tag: "Full" }
      if (overflow === "fail") return { _tag: "Refused", dropped: false }
      if (overflow === "dropNewest" || !this.fitsWithoutQueued(item)) return { _tag: "Refused", dropped: true }
      while (!this.fits(item)) dropped.push(this.shift()!)
    }
    this.queued.push(item)
    this.count(item, 1)
    return { _tag: "Accepted", dropped }
  }

  /** The next to offer to the connection. */
  next(): I | undefined {
    this.offered = this.queued.shift()
    return this.offered
  }

  /** The connection accepted what it was offered. */
  accepted(): void {
    const item = this.offered
    this.offered = undefined
    if (item === undefined) return
    if (item.durable) this.handed.push(item)
    else this.count(item, -1)
  }

  /** The connection ended before it accepted what it was offered: nothing of it left. */
  returned(): void {
    if (this.offered !== undefined) this.queued.unshift(this.offered)
    this.offered = undefined
  }

  /** How many of the durable items the connection has, to tell `flushed` which of them it is about. */
  get handedCount(): number {
    return this.handed.length
  }

  /** The first `count` items of those that the connection has were handed to the kernel. */
  flushed(count: number): ReadonlyArray<I> {
    return this.gone(this.handed.splice(0, count))
  }

  /**
   * The connection ended. What is durable goes to the next, first what this one had already, unless that must not be
   * sent twice; what is bound to a connection goes with it.
   */
  lost(): Ended<I> {
    this.returned()
    const handed = this.handed
    this.handed = []
    const notSent = this.queued.filter((item) => !item.durable)
    const kept = this.queued.filter((item) => item.durable)
    this.queued = this.bounds.resend ? [...handed, ...kept] : kept
    return { notSent: this.gone(notSent), unknown: this.bounds.resend ? [] : this.gone(handed) }
  }

  /** Items that have waited for too long. */
  expire(now: Moment.Moment): ReadonlyArray<I> {
    const isOver = ({ expires }: I) => expires !== undefined && expires <= now
    if (!this.queued.some(isOver)) return []
    const over = this.queued.filter(isOver)
    this.queued = this.queued.filter((item) => !isOver(item))
    return this.gone(over)
  }

  /** When the first of those that wait expires. */
  get nextExpiry(): Moment.Moment | undefined {
    let next: Moment.Moment | undefined
    for (const { expires } of this.queued)
      if (expires !== undefined && (next === undefined || expires < next)) next = expires
    return next
  }

  /** There will be no connection any more. */
  stop(): Ended<I> {
    this.returned()
    const unknown = this.gone(this.handed)
    const notSent = this.gone(this.queued)
    this.handed = []
    this.queued = []
    return { notSent, unknown }
  }

  private fits(item: Item): boolean {
    const { maxBytes, maxMessages } = this.bounds
    if (this.isEmpty) return true
    return this.messages + item.messages.length <= maxMessages && this.bytes + item.bytes <= maxBytes
  }

  /** What the connection has, or is offered, cannot be dropped. */
  private fitsWithoutQueued(item: Item): boolean {
    const { maxBytes, maxMessages } = this.bounds
    let messages = this.messages
    let bytes = this.bytes
    for (const other of this.queued) {
      messages -= other.messages.length
      bytes -= other.bytes
    }
    return messages === 0 || (messages + item.messages.length <= maxMessages && bytes + item.bytes <= maxBytes)
  }

  private shift(): I | undefined {
    const item = this.queued.shift()
    if (item !== undefined) this.count(item, -1)
    return item
  }

  private gone(items: ReadonlyArray<I>): ReadonlyArray<I> {
    for (const item of items) this.count(item, -1)
    return items
  }

  private count(item: I, sign: 1 | -1): void {
    this.messages += sign * item.messages.length
    this.bytes += sign * item.bytes
  }
}
