/**
 * A queue of items that knows how much they are together. Adding one and taking the first cost the same, however long it is.
 */
export interface Amount {
  /** One message, or all of a `sendAll`. */
  readonly messages: ReadonlyArray<string | Uint8Array>
  readonly bytes: number
}

export class Row<I extends Amount> {
  messages = 0
  bytes = 0
  /** Those before `head` were taken. */
  private items: Array<I | undefined> = []
  private head = 0

  constructor(items: ReadonlyArray<I> = []) {
    for (const item of items) this.push(item)
  }

  get length(): number {
    return this.items.length - this.head
  }

  get first(): I | undefined {
    return this.items[this.head]
  }

  /** All items, in order. */
  get all(): ReadonlyArray<I> {
    return this.items.slice(this.head) as Array<I>
  }

  push(item: I): void {
    this.items.push(item)
    this.count(item, 1)
  }

  /** Puts the item in front of all others. Mostly it is the one that was taken last. */
  unshift(item: I): void {
    if (this.head > 0) this.items[--this.head] = item
    else this.items.unshift(item)
    this.count(item, 1)
  }

  /** Takes the first. */
  shift(): I | undefined {
    const item = this.first
    if (item === undefined) return undefined
    this.items[this.head++] = undefined
    this.count(item, -1)
    // At least half of the array is empty, so moving the rest is constant work per item.
    if (this.head * 2 >= this.items.length) {
      this.items = this.items.slice(this.head)
      this.head = 0
    }
    return item
  }

  /** Takes the first `count`, or as many as there are. */
  take(count: number): ReadonlyArray<I> {
    return Array.from({ length: Math.min(count, this.length) }, () => this.shift()!)
  }

  private count(item: I, sign: 1 | -1): void {
    this.messages += sign * item.messages.length
    this.bytes += sign * item.bytes
  }
}
