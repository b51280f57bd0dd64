/**
 * The sample client's permessage-deflate: one synchronous call per message, with the last octets of the messages
 * before it as dictionary, which is what context takeover means (RFC 7692 §7.1.1 and §7.2).
 */
import { constants, deflateRawSync, inflateRawSync } from "node:zlib"
import type { Flaw } from "./Flaw.ts"
import type { Agreed } from "./Opening.ts"

export class Deflate {
  readonly #agreed: Agreed
  readonly #flaw: Flaw | undefined
  #sent: Buffer = empty
  #received: Buffer = empty

  constructor(agreed: Agreed, flaw: Flaw | undefined) {
    this.#agreed = agreed
    this.#flaw = flaw
  }

  compress(message: Buffer): Buffer {
    const windowBits = this.#flaw === "wide-window" ? 15 : Math.max(9, this.#agreed.clientMaxWindowBits)
    const options = { windowBits, finishFlush: constants.Z_SYNC_FLUSH, ...dictionary(this.#sent) }
    const compressed = deflateRawSync(message, options)
    const fresh = this.#agreed.clientNoContextTakeover && this.#flaw !== "keeps-context"
    this.#sent = fresh ? empty : last(1 << windowBits, this.#sent, message)
    return compressed.subarray(0, -4)
  }

  /** The message; throws when it is longer than `limit` octets, or no DEFLATE stream. */
  expand(compressed: Buffer, limit: number): Buffer {
    let message: Buffer = empty
    let rest = Buffer.concat([compressed, Buffer.of(0x00, 0x00, 0xff, 0xff)])
    while (rest.length > 0) {
      const { buffer, engine } = inflateRawSync(rest, {
        finishFlush: constants.Z_SYNC_FLUSH,
        maxOutputLength: limit - message.length + 1,
        info: true,
        ...dictionary(last(0x8000, this.#received, message))
      }) as unknown as { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } }
      // A block with BFINAL set ends zlib's stream; what follows it is read as another one (§7.2.1).
      message = message.length === 0 ? buffer : Buffer.concat([message, buffer])
      rest = rest.subarray(engine.bytesWritten)
      if (message.length > limit) throw new RangeError("message too big")
    }
    const fresh = this.#agreed.serverNoContextTakeover || this.#flaw === "forgets-context"
    this.#received = fresh ? empty : last(0x8000, this.#received, message)
    return message
  }
}

/** The last octets of all that came. */
const last = (octets: number, before: Buffer, message: Buffer): Buffer => {
  if (message.length >= octets) return message.subarray(-octets)
  return Buffer.concat([before, message]).subarray(-octets)
}

const dictionary = (window: Buffer) => (window.length === 0 ? {} : { dictionary: window })

const empty = Buffer.alloc(0)
