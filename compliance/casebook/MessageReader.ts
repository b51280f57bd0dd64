/**
 * What the client's frames mean, and every rule they can break: masking, RSV bits, opcodes, fragmentation, control
 * frames, close codes, UTF-8 and the compression that was agreed (RFC 6455 §5 to §8, RFC 7692 §7).
 * The session decides what follows; this file only says what came.
 */
import type { Agreement } from "./Case.ts"
import type { RawFrame } from "./FrameReader.ts"
import { MessageInflater } from "./MessageDeflate.ts"

export type Received =
  | Payload
  | { readonly kind: "close"; readonly closeCode: number | undefined }
  /** `closeCode` is the answer; `received` the code of the client's Close, when that is what is wrong. */
  | { readonly kind: "violation"; readonly rule: string; readonly closeCode: number; readonly received?: number }

export interface Payload {
  readonly kind: "text" | "binary" | "ping" | "pong"
  readonly payload: Buffer
}

export class MessageReader {
  readonly #agreement: Agreement | undefined
  readonly #inflater: MessageInflater | undefined
  #fragments: { kind: "text" | "binary"; compressed: boolean; parts: Array<Buffer> } | undefined

  constructor(agreement: Agreement | undefined) {
    this.#agreement = agreement
    this.#inflater = agreement && new MessageInflater(agreement)
  }

  /** What the frame completes; undefined when more fragments are to come. */
  async read(frame: RawFrame): Promise<Received | undefined> {
    const opcode = frame.octet0 & 0x0f
    if (frame.maskingKey === undefined) return violation("frame not masked")
    if (frame.longLength) return violation("length not written in the fewest octets")
    if ((frame.octet0 & 0x30) !== 0) return violation("RSV2 or RSV3 set")
    const rsv1 = (frame.octet0 & 0x40) !== 0
    if (rsv1 && (this.#agreement === undefined || (opcode !== 1 && opcode !== 2))) return violation("RSV1 set")
    if (opcode >= 8) return this.#control(frame, opcode)
    return this.#data(frame, opcode, rsv1)
  }

  destroy(): void {
    this.#inflater?.destroy()
  }

  #control({ octet0, payload }: RawFrame, opcode: number): Received {
    if (opcode > 0xa) return violation(`reserved opcode ${opcode}`)
    if ((octet0 & 0x80) === 0) return violation("fragmented control frame")
    if (payload.length > 125) return violation("control frame longer than 125 octets")
    if (opcode === 0x8) return close(payload)
    return { kind: opcode === 0x9 ? "ping" : "pong", payload }
  }

  async #data({ octet0, payload }: RawFrame, opcode: number, rsv1: boolean): Promise<Received | undefined> {
    if (opcode > 2) return violation(`reserved opcode ${opcode}`)
    if (opcode === 0 && this.#fragments === undefined) return violation("continuation of nothing")
    if (opcode !== 0 && this.#fragments !== undefined) return violation("new message inside a fragmented message")
    this.#fragments ??= { kind: opcode === 1 ? "text" : "binary", compressed: rsv1, parts: [] }
    this.#fragments.parts.push(payload)
    if ((octet0 & 0x80) === 0) return undefined
    const { kind, compressed, parts } = this.#fragments
    this.#fragments = undefined
    let message: Buffer = parts.length === 1 ? parts[0]! : Buffer.concat(parts)
    if (compressed) {
      const inflated = await this.#inflater!.inflate(message)
      if (typeof inflated === "string") return violation(inflated, 1007)
      message = inflated
    }
    if (kind === "text" && !isUtf8(message)) return violation("text is not UTF-8", 1007)
    return { kind, payload: message }
  }
}

const violation = (rule: string, closeCode = 1002): Received => ({ kind: "violation", rule, closeCode })

/** RFC 6455 §5.5.1 and §7.4. */
const close = (payload: Buffer): Received => {
  if (payload.length === 0) return { kind: "close", closeCode: undefined }
  if (payload.length === 1) return violation("Close with one octet")
  const closeCode = payload.readUInt16BE(0)
  const legal =
    (closeCode >= 1000 && closeCode <= 1014 && ![1004, 1005, 1006].includes(closeCode)) ||
    (closeCode >= 3000 && closeCode <= 4999)
  if (!legal) return { kind: "violation", rule: `close code ${closeCode}`, closeCode: 1002, received: closeCode }
  if (!isUtf8(payload.subarray(2))) return violation("close reason is not UTF-8", 1007)
  return { kind: "close", closeCode }
}

const utf8 = new TextDecoder("utf-8", { fatal: true })

const isUtf8 = (octets: Uint8Array): boolean => {
  try {
    utf8.decode(octets)
    return true
  } catch {
    return false
  }
}
