/**
 * What an outbox holds, in order, and what happens to it: pure state, without a clock or an Effect.
 *
 * An item is queued, then in the hands of a connection, then gone. An item that is durable stays until it was flushed;
 * all others are gone when a connection accepted them. What a connection had may have left, wherever it waits later. Each
 * operation answers which items met which fate; telling those who wait for it is the business of `Outbox`.
 */
import type { OutboxOptions } from "../OutboxOptions.ts"
import type * as Moment from "./Moment.ts"
import { type Amount, Row } from "./Row.ts"

export interface Item extends Amount {
  readonly durable: boolean
  /** When it expires; undefined for never. Not before those that were offered before it. */
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
  private readonly bounds: Bounds
  private queued = new Row<I>()
  /** Offered to the connection, which has not accepted it yet. */
  private offered: I | undefined
  /** Accepted by the connection, and kept since they are durable. */
  private handed = new Row<I>()
  /** What may have left, in part or whole: they are not `notSent` any more. */
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

  /** What the connection has, or is offered. */
  private get held(): { readonly messages: number; readonly bytes: number } {
    const { handed, offered } = this
    return {
      messages: handed.messages + (offered?.messages.length ?? 0),
      bytes: handed.bytes + (offered?.bytes ?? 0)
    }
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

  /** The connection accepted what it was offered. */
  accepted(): void {
    const item = this.offered
    this.offered = undefined
    if (!item?.durable) return
    this.begun.add(item)
    this.handed.push(item)
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
    return this.handed.take(count)
  }

  /**
   * The connection ended. What is durable goes to the next, first what this one had already, unless that must not be
   * sent twice; what is bound to a connection goes with it.
   */
  lost(): Ended<I> {
    const isKept = (item: I) => item.durable && (this.bounds.resend || !this.begun.has(item))
    const all = this.takeAll()
    this.queued = new Row(all.filter(isKept))
    return this.fates(all.filter((item) => !isKept(item)))
  }

  /** Items that have waited for too long. */
  expire(now: Moment.Moment): Ended<I> {
    const over: Array<I> = []
    while ((this.nextExpiry ?? now + 1n) <= now) over.push(this.queued.shift()!)
    return this.fates(over)
  }

  /** When the first of those that wait expires. */
  get nextExpiry(): Moment.Moment | undefined {
    return this.queued.first?.expires
  }

  /** There will be no connection any more. */
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

  /** What the connection has, or is offered, cannot be dropped. */
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
