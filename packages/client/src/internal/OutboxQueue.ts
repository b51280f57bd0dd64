/**
 * What an outbox holds, in order: pure state, without a clock or an Effect.
 *
 * An item is queued, then offered to a connection, then gone. A durable item stays until it was flushed; others are gone when
 * a connection accepts them. Once a connection had an item, it may have left, even if it is queued again. Each operation
 * returns which items met which fate, and `Outbox` tells those who wait for it.
 */
import type { OutboxOptions } from "../OutboxOptions.ts"
import * as Moment from "./Moment.ts"
import { type Amount, Row } from "./Row.ts"

export interface Item extends Amount {
  readonly durable: boolean
  /** When it expires; undefined for never. Never earlier than the item before it. */
  readonly expires: Moment.Moment | undefined
}

export interface Bounds extends Pick<OutboxOptions, "maxBytes" | "maxMessages" | "overflow" | "resend"> {}

/** Whether an item was accepted, and which items were dropped for it. */
export type Offer<I> =
  | { readonly _tag: "Accepted"; readonly dropped: Ended<I> }
  /** There is no room: the sender waits. */
  | { readonly _tag: "Full" }
  /** There is no room, so the new item is refused. If `dropped`, its send succeeds all the same; otherwise it fails. */
  | { readonly _tag: "Refused"; readonly dropped: boolean }

/** Items that are gone without having been flushed. */
export interface Ended<I> {
  readonly notSent: ReadonlyArray<I>
  /** A connection had them, so they may have left. */
  readonly unknown: ReadonlyArray<I>
}

export class OutboxQueue<I extends Item> {
  private readonly bounds: Bounds
  private queued = new Row<I>()
  /** Offered to the connection and not accepted yet. */
  private offered: I | undefined
  /** Durable items that the connection accepted: kept until they are flushed. */
  private handed = new Row<I>()
  /** Items that may have left, in part or whole, so their fate is never `notSent` any more. */
  private readonly begun = new WeakSet<I>()

  constructor(bounds: Bounds) {
    this.bounds = bounds
  }

  get messages(): number {
    return this.queued.messages + this.held.messages
  }

  get bytes(): number {
    return this.queued.bytes + this.held.bytes
  }

  /** How much the connection has or is offered. */
  private get held(): { readonly messages: number; readonly bytes: number } {
    const { handed, offered } = this
    return {
      messages: handed.messages + (offered?.messages.length ?? 0),
      bytes: handed.bytes + (offered?.bytes ?? 0)
    }
  }

  /** Nothing waits, so a message sent now would overtake nothing. */
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
      while (!this.fits(item)) dropped.push(this.queued.shift()!)
    }
    this.queued.push(item)
    return { _tag: "Accepted", dropped: this.fates(dropped) }
  }

  /** The next to offer to the connection. */
  next(): I | undefined {
    this.offered = this.queued.shift()
    return this.offered
  }

  /** The connection accepted the offered item. */
  accepted(): void {
    const item = this.offered
    this.offered = undefined
    if (!item?.durable) return
    this.begun.add(item)
    this.handed.push(item)
  }

  /** The connection ended before it accepted the offered item. A single message has not left; of several, some may have. */
  returned(): void {
    const item = this.offered
    this.offered = undefined
    if (item === undefined) return
    if (item.messages.length > 1) this.begun.add(item)
    this.queued.unshift(item)
  }

  /** How many durable items the connection has: the argument of a later `flushed`. */
  get handedCount(): number {
    return this.handed.length
  }

  /** The first `count` items that the connection has were handed to the kernel. Returns them. */
  flushed(count: number): ReadonlyArray<I> {
    return this.handed.take(count)
  }

  /**
   * The connection ended. Durable items are kept for the next one, those that this one had first, unless `resend` is off and
   * they may have left. All others are lost.
   */
  lost(): Ended<I> {
    const isKept = (item: I) => item.durable && (this.bounds.resend || !this.begun.has(item))
    const all = this.takeAll()
    this.queued = new Row(all.filter(isKept))
    return this.fates(all.filter((item) => !isKept(item)))
  }

  /** Removes items that have expired. */
  expire(now: Moment.Moment): Ended<I> {
    const over: Array<I> = []
    while ((this.nextExpiry ?? Moment.never) <= now) over.push(this.queued.shift()!)
    return this.fates(over)
  }

  /** When the first queued item expires. */
  get nextExpiry(): Moment.Moment | undefined {
    return this.queued.first?.expires
  }

  /** There will be no other connection. */
  stop(): Ended<I> {
    return this.fates(this.takeAll())
  }

  private takeAll(): ReadonlyArray<I> {
    this.returned()
    const all = [...this.handed.all, ...this.queued.all]
    this.handed = new Row()
    this.queued = new Row()
    return all
  }

  /** Whether there is room for it now. */
  fits({ bytes, messages }: Amount): boolean {
    const { maxBytes, maxMessages } = this.bounds
    if (this.isEmpty) return true
    return this.messages + messages.length <= maxMessages && this.bytes + bytes <= maxBytes
  }

  /** Whether it fits if all queued items are dropped. What the connection has or is offered cannot be. */
  private fitsWithoutQueued(item: Item): boolean {
    const { maxBytes, maxMessages } = this.bounds
    const { bytes, messages } = this.held
    return messages === 0 || (messages + item.messages.length <= maxMessages && bytes + item.bytes <= maxBytes)
  }

  private fates(items: ReadonlyArray<I>): Ended<I> {
    if (items.length === 0) return none
    return {
      notSent: items.filter((item) => !this.begun.has(item)),
      unknown: items.filter((item) => this.begun.has(item))
    }
  }
}

const none: Ended<never> = { notSent: [], unknown: [] }
