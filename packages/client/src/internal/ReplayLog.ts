/**
 * Messages that every new session gets again, in order, while they are in the log: subscriptions until they end, numbered
 * messages until they are acknowledged. Pure: it says what is to be sent next.
 *
 * A session is owed what was in the log when it opened, and what was appended since. A farewell, such as an unsubscribe, is
 * owed only if this session got the message that it takes back. On another session it could end something else.
 */
import type { Message, SendOptions } from "../Connection.ts"

export interface Entry {
  /** Counts up, so no two entries have the same. */
  readonly number: number
  readonly message: Message
  readonly options: SendOptions | undefined
  /** Whether a session accepted it at least once, so the peer may have it. */
  sent: boolean
}

export class ReplayLog {
  /** In bytes, or UTF-16 units of a text. */
  bytes = 0

  private readonly entries = new Map<number, Entry>()
  private lastNumber: number
  /** What the session has not accepted yet; undefined while there is no session. */
  private owed: Set<Entry> | undefined
  /** What is being sent to it. */
  private sending: Entry | undefined

  constructor(first = 1) {
    this.lastNumber = first - 1
  }

  /** The entries of the log, in order. */
  get all(): ReadonlyArray<Entry> {
    return [...this.entries.values()]
  }

  get size(): number {
    return this.entries.size
  }

  /** The oldest entry of the log. */
  get oldest(): Entry | undefined {
    return first(this.entries.values())
  }

  /** The number of the next entry. */
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

  /** Removes the entry. If the session has accepted it, or it is being sent, the session is owed the farewell. */
  remove(entry: Entry, farewell?: Message): void {
    if (!this.entries.delete(entry.number)) return
    this.bytes -= entry.message.length
    const unsent = this.sending !== entry && this.owed?.delete(entry)
    if (farewell !== undefined && unsent === false) this.owed?.add(this.make(farewell, undefined))
  }

  /**
   * Removes the entry with this number (`each`), or all entries up to it (`upTo`), as far as they were sent: a peer cannot
   * acknowledge what was never sent. NaN acknowledges nothing.
   */
  acknowledge(number: number, which: "upTo" | "each"): void {
    const one = this.entries.get(number)
    const acknowledged = which === "each" ? (one === undefined ? [] : [one]) : this.entries.values()
    for (const entry of acknowledged) {
      if (!(entry.number <= number)) return
      if (entry.sent || entry === this.sending) this.remove(entry)
    }
  }

  /** A session opens and is owed everything. Returns the last number that it is owed so far. */
  open(): number {
    this.owed = new Set(this.entries.values())
    this.sending = undefined
    return this.lastNumber
  }

  close(): void {
    this.owed = undefined
    this.sending = undefined
  }

  /** The next entry to send to the session. */
  next(): Entry | undefined {
    this.sending = this.owed && first(this.owed.values())
    return this.sending
  }

  /** The session has accepted the entry that was next. */
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
