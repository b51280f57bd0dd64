/**
 * An exchange: message out, echo back, the next one. It decides its verdict while it runs, by type and length or by
 * the octets themselves, and compresses what it sends when compression was agreed.
 */
import type { Agreement, Exchange, Outgoing } from "./Case.ts"
import * as Frame from "./Frame.ts"
import { MessageDeflater } from "./MessageDeflate.ts"
import type { Payload } from "./MessageReader.ts"
import type { Wire } from "./Wire.ts"

export class ExchangeRun {
  readonly #exchange: Exchange
  readonly #messages: Iterator<Outgoing>
  readonly #deflater: MessageDeflater | undefined
  readonly #wire: Wire
  #expected: Outgoing | undefined
  #finish: () => Promise<void> = () => Promise.resolve()
  verdict = { ok: false, result: "Not all echoes came." }

  constructor(exchange: Exchange, count: number, agreement: Agreement | undefined, wire: Wire) {
    this.#exchange = exchange
    this.#messages = exchange.messages(count)[Symbol.iterator]()
    this.#deflater = agreement && new MessageDeflater(agreement)
    this.#wire = wire
  }

  /** Sends the first message; `finish` is called when all echoes are in, or one is wrong. */
  async start(finish: () => Promise<void>): Promise<void> {
    this.#finish = finish
    await this.#next()
  }

  async receive(received: Payload): Promise<void> {
    const expected = this.#expected
    if (expected === undefined) return
    const difference = compare(this.#exchange.compare, expected, received)
    if (difference === undefined) return this.#next()
    this.#expected = undefined
    this.verdict = { ok: false, result: difference }
    await this.#finish()
  }

  destroy(): void {
    this.#deflater?.destroy()
  }

  async #next(): Promise<void> {
    const { done, value } = this.#messages.next()
    this.#expected = done ? undefined : value
    if (done) {
      this.verdict = { ok: true, result: "All echoes came." }
      await this.#finish()
    } else {
      // Not awaited: a client that answers while it still reads must not be kept waiting.
      void this.#wire.write(await this.#octets(value), value.chop)
    }
  }

  async #octets({ kind, octets, payload }: Outgoing): Promise<Uint8Array> {
    if (octets !== undefined) return octets
    const opcode = kind === "text" ? 0x01 : 0x02
    const { fragmentOctets } = this.#exchange
    if (this.#deflater === undefined) return Frame.fragments(opcode, payload, fragmentOctets)
    return Frame.fragments(0x40 | opcode, await this.#deflater.deflate(payload), fragmentOctets)
  }
}

const compare = (by: Exchange["compare"], expected: Outgoing, received: Payload) => {
  if (received.kind !== expected.kind) return `The echo was ${received.kind}, not ${expected.kind}.`
  const { length } = expected.payload
  if (received.payload.length !== length) return `The echo had ${received.payload.length} octets, not ${length}.`
  if (by === "octets" && Buffer.compare(received.payload, expected.payload) !== 0) return "The echo had other octets."
  return undefined
}
