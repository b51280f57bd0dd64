/**
 * A receiver as RFC 6455 describes it: one octet after the other, and nothing fast. Endpoints are tested against it. It knows no
 * extension.
 */
import * as CloseCode from "../src/CloseCode.ts"
import type { Limits } from "../src/Limits.ts"
import * as Utf8 from "../src/Utf8.ts"
import { toHex } from "./hex.ts"

type Role = "client" | "server"

export interface Received {
  /** `text` or `binary`, and the payload in hex. */
  readonly messages: Array<string>
  /** `Ping` or `Pong`, and the payload in hex. */
  readonly controls: Array<string>
  /** The payload of the Close that came, in hex. */
  close: string | undefined
  /** The code that the endpoint fails the connection with, and after how many octets that is certain. */
  failure: { readonly closeCode: number; readonly provenAt: number } | undefined
  /** How many headers were whole and legal. */
  frames: number
}

export const receive = (wire: Uint8Array, role: Role, limits: Limits, checksText: boolean): Received => {
  const received: Received = { messages: [], controls: [], close: undefined, failure: undefined, frames: 0 }
  const octets = frames(received, role, limits, checksText)
  octets.next(0)
  for (const [i, octet] of wire.entries()) {
    const { done, value: closeCode } = octets.next(octet)
    if (done && closeCode !== undefined) received.failure = { closeCode, provenAt: i + 1 }
    if (done) break
  }
  return received
}

/** Each `yield` takes the next octet. Returns the code of a failure, or undefined after a Close. */
function* frames(
  received: Received,
  role: Role,
  limits: Limits,
  checksText: boolean
): Generator<void, number | undefined, number> {
  let message: { readonly kind: string; readonly payload: Array<number>; frames: number; state: Utf8.State } | undefined
  for (;;) {
    // The header (§5.2)
    const first = yield
    const [fin, reserved, opcode] = [first >= 0x80, first & 0x70, first & 0x0f]
    const control = opcode >= 0x8
    if (reserved !== 0 || ![0x0, 0x1, 0x2, 0x8, 0x9, 0xa].includes(opcode)) return 1002
    if (control ? !fin : (opcode === 0x0) !== (message !== undefined)) return 1002
    const second = yield
    if (second >= 0x80 !== (role === "server")) return 1002
    let length = second & 0x7f
    if (control && length > 125) return 1002
    if (length === 126) {
      length = (yield) * 0x100
      length += yield
      if (length < 126) return 1002
    } else if (length === 127) {
      length = 0
      for (let i = 0; i < 8; i++) {
        const octet = yield
        if (i === 0 && octet >= 0x80) return 1002
        length = length * 0x100 + octet
        // The two octets that are left cannot make it longer than 0xffff.
        if (i === 5 && length === 0) return 1002
      }
    }
    const key: Array<number> = []
    while (role === "server" && key.length < 4) key.push(yield)
    received.frames += 1

    // The payload
    if (control) {
      const payload = new Uint8Array(length)
      for (let i = 0; i < length; i++) payload[i] = (yield) ^ (key[i % 4] ?? 0)
      if (opcode !== 0x8) {
        received.controls.push(`${opcode === 0x9 ? "Ping" : "Pong"} ${toHex(payload)}`)
        continue
      }
      // §5.5.1
      if (length === 1 || (length > 1 && !CloseCode.isTransmittable(payload[0]! * 0x100 + payload[1]!))) return 1002
      if (Utf8.validate(Utf8.accept, payload, 2, length) !== Utf8.accept) return 1007
      received.close = toHex(payload)
      return undefined
    }
    message ??= { kind: opcode === 0x1 ? "text" : "binary", payload: [], frames: 0, state: Utf8.accept }
    if (length > limits.maxFrameBytes || message.payload.length + length > limits.maxMessageBytes) return 1009
    message.frames += 1
    if (message.frames > limits.maxFragments + message.payload.length / 16) return 1009
    for (let i = 0; i < length; i++) {
      const octet = (yield) ^ (key[i % 4] ?? 0)
      message.payload.push(octet)
      // §8.1
      if (message.kind === "text" && checksText) message.state = Utf8.step(message.state, octet)
      if (message.state === Utf8.reject) return 1007
    }
    if (!fin) continue
    if (message.state !== Utf8.accept) return 1007
    received.messages.push(`${message.kind} ${toHex(Uint8Array.from(message.payload))}`)
    message = undefined
  }
}
