/**
 * Messages that every new session gets again, in order, for as long as they are in the log: subscriptions until they end,
 * numbered messages until they are acknowledged. Pure: what is to be sent next, and what a session owes.
 *
 * A session is owed what the log held when it opened, and what was appended since. A farewell is owed only to the session
 * that got what it takes back: on another it would hit what is not meant.
 */
import type { Message, SendOptions } from "../Connection.ts"

export interface Entry {
  /** Counts up; no two are the same. */
  readonly number: number
  readonly message: Message
  readonly options: SendOptions | undefined
  /** It was handed to a session at least once, so a peer may have it. */
  sent: boolean
}

export class ReplayLog {
  /** In bytes, or UTF-16 units of a text. */
  bytes = 0

  private readonly entries = new Map<number, Entry>()
  private lastNumber: number
  /** What the session has not been handed yet; undefined while there is none. */
  private owed: Set<Entry> | undefined
  /** What is being handed to it. */
  private sending: Entry | undefined

  constructor(first = 1) {
    this.lastNumber = first - 1
  }

  /** What is still in the log, in order. */
  get all(): ReadonlyArray<Entry> {
    return [...this.entries.values()]
  }

  get size(): number {
    return this.entries.size
  }

  /** The oldest that is still in the log. */
  get oldest(): Entry | undefined {
    return first(this.entries.values())
  }

  /** That of the next entry. */
  get nextNumber(): number {
    return this.lastNumber + 1
  }

  append(message: Message, options?: SendOptions): Entry {
    const entry = this.make(message, options)
    this.entries.set(entry.number, entry)
    this.bytes += message.length
    this.owed?.add(entry)
    return entry
  }

  /** Takes it out. If the session has got it, or is getting it, it is owed the farewell. */
  remove(entry: Entry, farewell?: Message): void {
    if (!this.entries.delete(entry.number)) return
    this.bytes -= entry.message.length
    const unsent = this.sending !== entry && this.owed?.delete(entry)
    if (farewell !== undefined && unsent === false) this.owed?.add(this.make(farewell, undefined))
  }

  /**
   * Takes out one that was sent, or all that were sent up to it. Who acknowledges what was never sent is not believed. NaN
   * acknowledges nothing.
   */
  acknowledge(number: number, which: "upTo" | "each"): void {
    const one = this.entries.get(number)
    const acknowledged = which === "each" ? (one === undefined ? [] : [one]) : this.entries.values()
    for (const entry of acknowledged) {
      if (!(entry.number <= number)) return
      if (entry.sent || entry === this.sending) this.remove(entry)
    }
  }

  /** From now on, a session is owed everything. Answers the last number that it is owed so far. */
  open(): number {
    this.owed = new Set(this.entries.values())
    this.sending = undefined
    return this.lastNumber
  }

  close(): void {
    this.owed = undefined
    this.sending = undefined
  }

  /** What is to be handed to the session now. */
  next(): Entry | undefined {
    this.sending = this.owed && first(this.owed.values())
    return this.sending
  }

  /** The session has accepted what was next. */
  accepted(entry: Entry): void {
    entry.sent = true
    this.owed?.delete(entry)
    this.sending = undefined
  }

  private make(message: Message, options: SendOptions | undefined): Entry {
    // The caller may reuse its bytes.
    const own = typeof message === "string" ? message : message.slice()
    return { number: ++this.lastNumber, message: own, options, sent: false }
  }
}

const first = <T>(values: Iterator<T>): T | undefined => {
  const { done, value } = values.next()
  return done === true ? undefined : value
}
