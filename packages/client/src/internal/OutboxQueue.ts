/**
 * What an outbox holds, in order, and what happens to it: pure state, without a clock or an Effect.
 *
 * An item is queued, then in the hands of a connection, then gone. An item that is durable stays until it was flushed;
 * all others are gone when a connection accepted them. What a connection had may have left, wherever it waits later. Each
 * operation answers which items met which fate; telling those who wait for it is the business of `Outbox`.
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
  | { readonly _tag: "Accepted"; readonly dropped: Ended<I> }
  /** There is no room: wait for some. */
  | { readonly _tag: "Full" }
  /** There is no room, and it is the new item that goes: silently for who sends (`dropped`), or as a failure. */
  | { readonly _tag: "Refused"; readonly dropped: boolean }

/** Items that are gone without having been flushed. */
export interface Ended<I> {
  readonly notSent: ReadonlyArray<I>
  /** Some connection had them, so they may have left. */
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
  /** What may have left, in part or whole: they are not `notSent` any more. */
  private readonly begun = new WeakSet<I>()

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
    return { _tag: "Accepted", dropped: this.fates(dropped) }
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
    if (item.durable) {
      this.begun.add(item)
      this.handed.push(item)
    } else this.count(item, -1)
  }

  /** The connection ended before it accepted what it was offered: nothing of it left, but of several messages some may. */
  returned(): void {
    const item = this.offered
    this.offered = undefined
    if (item === undefined) return
    if (item.messages.length > 1) this.begun.add(item)
    this.queued.unshift(item)
  }

  /** How many of the durable items the connection has, to tell `flushed` which of them it is about. */
  get handedCount(): number {
    return this.handed.length
  }

  /** The first `count` items of those that the connection has were handed to the kernel. */
  flushed(count: number): ReadonlyArray<I> {
    const left = this.handed.splice(0, count)
    this.uncount(left)
    return left
  }

  /**
   * The connection ended. What is durable goes to the next, first what this one had already, unless that must not be
   * sent twice; what is bound to a connection goes with it.
   */
  lost(): Ended<I> {
    this.returned()
    const all = [...this.handed, ...this.queued]
    const isKept = (item: I) => item.durable && (this.bounds.resend || !this.begun.has(item))
    this.handed = []
    this.queued = all.filter(isKept)
    return this.gone(all.filter((item) => !isKept(item)))
  }

  /** Items that have waited for too long. */
  expire(now: Moment.Moment): Ended<I> {
    const isOver = ({ expires }: I) => expires !== undefined && expires <= now
    if (!this.queued.some(isOver)) return none
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
    const all = [...this.handed, ...this.queued]
    this.handed = []
    this.queued = []
    return this.gone(all)
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

  private gone(items: ReadonlyArray<I>): Ended<I> {
    this.uncount(items)
    return this.fates(items)
  }

  private fates(items: ReadonlyArray<I>): Ended<I> {
    if (items.length === 0) return none
    return {
      notSent: items.filter((item) => !this.begun.has(item)),
      unknown: items.filter((item) => this.begun.has(item))
    }
  }

  private uncount(items: ReadonlyArray<I>): void {
    for (const item of items) this.count(item, -1)
  }

  private count(item: I, sign: 1 | -1): void {
    this.messages += sign * item.messages.length
    this.bytes += sign * item.bytes
  }
}

const none: Ended<never> = { notSent: [], unknown: [] }
