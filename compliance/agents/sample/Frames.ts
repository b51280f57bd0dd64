/**
 * The sample client's reader of server frames (RFC 6455 §5): octets in, events out, each rule checked at the first
 * octet that can break it. A broken rule is thrown as `Failure`, behind the events that came before it.
 */
import type { Flaw } from "./Flaw.ts"
import { Utf8 } from "./Utf8.ts"

export type Event =
  | { readonly kind: "message"; readonly text: boolean; readonly compressed: boolean; readonly payload: Buffer }
  | { readonly kind: "ping" | "pong" | "close"; readonly payload: Buffer }

export class Failure extends Error {
  readonly closeCode: number

  constructor(closeCode: number, rule: string) {
    super(rule)
    this.closeCode = closeCode
  }
}

interface Message {
  readonly text: boolean
  readonly compressed: boolean
  readonly utf8: Utf8
  readonly parts: Array<Buffer>
  octets: number
  fragments: number
}

interface Header {
  readonly octet0: number
  readonly length: number
  readonly key: Buffer | undefined
}

export class Frames {
  readonly #compression: boolean
  readonly #flaw: Flaw | undefined
  readonly #limit: number
  #rest: Buffer = Buffer.alloc(0)
  #header: Header | undefined
  #message: Message | undefined
  #payload: Buffer = Buffer.alloc(0)
  #filled = 0

  constructor(compression: boolean, flaw: Flaw | undefined, limit: number) {
    this.#compression = compression
    this.#flaw = flaw
    this.#limit = flaw === "unbounded" ? Number.POSITIVE_INFINITY : limit
  }

  *push(chunk: Buffer): Generator<Event> {
    let rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    for (;;) {
      if (this.#header === undefined) {
        const octets = this.#start(rest)
        if (octets === 0) break
        rest = rest.subarray(octets)
      }
      const header = this.#header!
      const taken = rest.copy(this.#payload, this.#filled)
      const fresh = this.#payload.subarray(this.#filled, this.#filled + taken)
      if (header.key)
        for (let index = 0; index < taken; index++) fresh[index]! ^= header.key[(this.#filled + index) & 3]!
      this.#filled += taken
      rest = rest.subarray(taken)
      if ((header.octet0 & 0x0f) < 8) this.#check(fresh)
      if (this.#filled < header.length) break
      this.#header = undefined
      yield* this.#end(header)
    }
    this.#rest = rest
  }

  /** Reads a header and begins its payload; gives the octets that it took, 0 when it is not complete. */
  #start(octets: Buffer): number {
    if (octets.length > 0) this.#checkOctet0(octets[0]!)
    if (octets.length < 2) return 0
    const length7 = octets[1]! & 0x7f
    const masked = (octets[1]! & 0x80) !== 0
    const control = (octets[0]! & 0x08) !== 0
    if (masked) this.#demand(1002, "masked", "ignores-masks")
    if (control && length7 > 125) this.#demand(1002, "control frame too long", "long-control")
    const extended = length7 === 127 ? 8 : length7 === 126 ? 2 : 0
    const total = 2 + extended + (masked ? 4 : 0)
    if (octets.length < total) return 0
    const length =
      extended === 8 ? Number(octets.readBigUInt64BE(2)) : extended === 2 ? octets.readUInt16BE(2) : length7
    if (length < [0, 0, 126, 0, 0, 0, 0, 0, 65_536][extended]!) throw new Failure(1002, "length in too many octets")
    if (extended === 8 && octets[2]! >= 0x80) throw new Failure(1002, "length with the top bit set")
    if (!control) this.#count(octets[0]!, length)
    if (length > 0x80000000) throw new Failure(1009, "longer than any buffer")
    this.#header = { octet0: octets[0]!, length, key: masked ? octets.subarray(total - 4, total) : undefined }
    this.#payload = Buffer.alloc(length)
    this.#filled = 0
    return total
  }

  #checkOctet0(octet0: number): void {
    const opcode = octet0 & 0x0f
    const allowed = this.#compression && (opcode === 1 || opcode === 2) ? 0x40 : 0x00
    if ((octet0 & 0x70 & ~allowed) !== 0) this.#demand(1002, "reserved bits", "ignores-rsv")
    if ((opcode > 2 && opcode < 8) || opcode > 10) this.#demand(1002, "reserved opcode", "ignores-opcodes")
    if (opcode >= 8 && octet0 < 0x80) this.#demand(1002, "fragmented control frame", "long-control")
    if (opcode === 0 && this.#message === undefined) this.#demand(1002, "continuation of nothing", "ignores-order")
    if ((opcode === 1 || opcode === 2) && this.#message) this.#demand(1002, "message in a message", "ignores-order")
  }

  /** A data frame of this length joins the message, or begins it. */
  #count(octet0: number, length: number): void {
    const opcode = octet0 & 0x0f
    if (opcode !== 0 || this.#message === undefined) {
      const compressed = this.#compression && (octet0 & 0x40) !== 0
      this.#message = { text: opcode === 1, compressed, utf8: new Utf8(), parts: [], octets: 0, fragments: 0 }
    }
    const message = this.#message
    message.octets += length
    message.fragments++
    if (message.octets > this.#limit) throw new Failure(1009, "message too big")
    if (message.fragments > 1_024 + message.octets / 16) this.#demand(1009, "too many fragments", "unbounded")
  }

  /** Uncompressed text is checked as it comes. */
  #check(octets: Buffer): void {
    const { compressed, text, utf8 } = this.#message!
    if (!text || compressed || this.#flaw === "late-utf8" || this.#flaw === "lax-utf8") return
    if (!utf8.push(octets)) throw new Failure(1007, "not UTF-8")
  }

  *#end({ octet0 }: Header): Generator<Event> {
    const opcode = octet0 & 0x0f
    const payload = this.#payload
    if (opcode > 7) {
      const kind = opcode === 8 ? "close" : opcode === 9 ? "ping" : "pong"
      if (opcode <= 10) yield { kind, payload }
      return
    }
    const message = this.#message!
    message.parts.push(payload)
    if (octet0 < 0x80) return
    this.#message = undefined
    const whole = Buffer.concat(message.parts)
    if (message.text && !message.compressed) this.#checkWhole(message, whole)
    if (opcode < 3) yield { kind: "message", text: message.text, compressed: message.compressed, payload: whole }
  }

  #checkWhole({ utf8 }: Message, whole: Buffer): void {
    if (this.#flaw === "lax-utf8") return
    const valid = this.#flaw !== "late-utf8" || utf8.push(whole)
    if (!valid || !utf8.complete) throw new Failure(1007, "not UTF-8")
  }

  /** Fails, unless this is the rule that this client reads over. */
  #demand(closeCode: number, rule: string, flaw: Flaw): void {
    if (this.#flaw !== flaw) throw new Failure(closeCode, rule)
  }
}
