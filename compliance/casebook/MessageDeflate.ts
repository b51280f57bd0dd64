/**
 * permessage-deflate on the judge's side, on Node's zlib streams: the server deflates as it announced, and inflates
 * what the client sends while holding it to the window and the context takeover it agreed to (RFC 7692 §7).
 */
import { constants, createDeflateRaw, createInflateRaw, type DeflateRaw, type InflateRaw } from "node:zlib"
import type { Agreement } from "./Case.ts"
import { largestDistance } from "./DeflateDistance.ts"

export class MessageDeflater {
  readonly #stream: ZlibMessages

  constructor(agreement: Agreement) {
    // zlib has no raw deflate at 8 bits; its stream of 9 bits reaches back 250 octets at most, so it serves both.
    const windowBits = Math.max(9, agreement.serverMaxWindowBits ?? 15)
    this.#stream = new ZlibMessages(() => createDeflateRaw({ windowBits }), agreement.serverNoContextTakeover ?? false)
  }

  /** The message without the last four octets 00 00 ff ff (§7.2.1). */
  async deflate(payload: Uint8Array): Promise<Uint8Array> {
    const stream = await this.#stream.pass(payload)
    if (typeof stream === "string") throw new Error(stream)
    return stream.subarray(0, -4)
  }

  destroy(): void {
    this.#stream.destroy()
  }
}

export class MessageInflater {
  readonly #stream: ZlibMessages
  readonly #windowBits: number

  constructor(agreement: Agreement) {
    const windowBits = agreement.clientMaxWindowBits ?? 15
    this.#windowBits = windowBits
    this.#stream = new ZlibMessages(() => createInflateRaw({ windowBits }), agreement.clientNoContextTakeover ?? false)
  }

  /** The message, or what is wrong with it. */
  async inflate(compressed: Buffer): Promise<Buffer | string> {
    const complaint = this.#windowBits < 15 ? reach(compressed, 1 << this.#windowBits) : undefined
    return complaint ?? this.#stream.pass(Buffer.concat([compressed, Buffer.of(0x00, 0x00, 0xff, 0xff)]))
  }

  destroy(): void {
    this.#stream.destroy()
  }
}

/** A zlib stream that takes one message at a time and is flushed after each. */
class ZlibMessages {
  readonly #make: () => DeflateRaw | InflateRaw
  /** Every message starts without the window of the one before. */
  readonly #fresh: boolean
  #stream: DeflateRaw | InflateRaw | undefined
  #output: Array<Buffer> = []
  #failed: (error: Error) => void = () => {}

  constructor(make: () => DeflateRaw | InflateRaw, fresh: boolean) {
    this.#make = make
    this.#fresh = fresh
  }

  /** What the stream makes of the message, or why it cannot. */
  pass(message: Uint8Array): Promise<Buffer | string> {
    return new Promise((resolve) => {
      this.#stream ??= this.#open()
      this.#output = []
      this.#failed = (error) => resolve(error.message)
      this.#stream.write(message)
      this.#stream.flush(constants.Z_SYNC_FLUSH, () => {
        const passed = Buffer.concat(this.#output)
        if (this.#fresh) this.destroy()
        resolve(passed)
      })
    })
  }

  destroy(): void {
    this.#stream?.destroy()
    this.#stream = undefined
  }

  #open(): DeflateRaw | InflateRaw {
    const stream = this.#make()
    stream.on("data", (chunk: Buffer) => this.#output.push(chunk))
    stream.on("error", (error) => this.#failed(error))
    return stream
  }
}

const reach = (compressed: Buffer, window: number): string | undefined => {
  try {
    const distance = largestDistance(compressed)
    return distance > window ? `match ${distance} octets back, ${window} agreed` : undefined
  } catch (error) {
    return (error as Error).message
  }
}
