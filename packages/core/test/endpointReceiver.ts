/**
 * Endpoints against the plain receiver, as tests of a platform: whatever comes, legal or broken, and whatever an endpoint makes
 * of it, both receive the same and fail at the same octet.
 */
import { assert, describe, it } from "@effect/vitest"
import type * as Assembler from "../src/Assembler.ts"
import type * as ClosePayload from "../src/ClosePayload.ts"
import { Endpoint } from "../src/Endpoint.ts"
import { fragments } from "../src/FragmentAssembler.ts"
import { type Frame, frames } from "../src/FrameAssembler.ts"
import { encode } from "../src/FrameEncoder.ts"
import * as Limits from "../src/Limits.ts"
import { type MessageBytes, messageBytes, messages } from "../src/MessageAssembler.ts"
import type { Opcode } from "../src/Opcode.ts"
import * as Platform from "../src/Platform.ts"
import { concat, hex, toHex } from "./hex.ts"
import { Random, seed } from "./random.ts"
import { receive } from "./receiver.ts"
import { byteByByte } from "./replay.ts"

/** Everything that an endpoint can make of messages. */
export const assemblies: Readonly<Record<string, Assembler.Assembly<unknown>>> = {
  messages,
  bytes: messageBytes,
  fragments,
  frames
}

export const endpointReceiver = (platform: Platform.Platform) => {
  describe("beside a plain receiver", () => {
    for (const role of ["client", "server"] as const) {
      for (const [what, assembly] of Object.entries(assemblies)) {
        it(`a ${role} of ${what} (seed ${seed})`, () => {
          const random = new Random()
          const codes = new Set<number | undefined>()
          for (let round = 0; round < 200; round++) {
            const wire = anyWire(random, role)
            const inHex = toHex(wire)
            const limits = random.pick([Limits.defaults, anyLimits(random)])
            const expected = receive(wire, role, limits, what !== "bytes")
            const endpoint = new Endpoint({ role, platform, limits, maskingKey: () => 0, assembly })
            const elements: Array<unknown> = []
            let read = 0
            for (const chunk of random.chance(3) ? byteByByte(wire) : random.cut(wire)) {
              const before = endpoint.failure
              endpoint.receive(chunk)
              while (!endpoint.read(elements, { messages: 1 + random.int(4), bytes: 1 + random.int(300) }));
              read += chunk.length
              const isProven = expected.failure !== undefined && expected.failure.provenAt <= read
              assert.strictEqual(endpoint.failure !== undefined, isProven, inHex)
              assert.isTrue(before === undefined || before === endpoint.failure)
            }
            const { closeReceived, controls, failure, received } = endpoint
            const seen = {
              messages: messagesOf(elements),
              controls: controls.map(({ _tag, payload }) => `${_tag} ${toHex(payload)}`),
              close: closeReceived && payloadOf(closeReceived),
              closeCode: failure?.closeCode,
              frames: received.frames
            }
            const { failure: expectedFailure, ...same } = expected
            assert.deepStrictEqual(seen, { ...same, closeCode: expectedFailure?.closeCode }, inHex)
            if (failure === undefined) assert.strictEqual(received.messages, expected.messages.length)
            codes.add(failure?.closeCode)
          }
          assert.isTrue(
            [undefined, 1002, 1009].every((code) => codes.has(code)),
            [...codes].join(", ")
          )
        })
      }
    }
  })
}

/** Whole messages, each as `text` or `binary` and its payload in hex. */
export const messagesOf = (elements: ReadonlyArray<unknown>): Array<string> => {
  const messages: Array<string> = []
  let begun: { readonly kind: string; readonly parts: Array<Uint8Array> } | undefined
  for (const { bytes, kind, last } of elements.map(partOf)) {
    if (isControl.test(kind)) continue
    begun ??= { kind, parts: [] }
    begun.parts.push(bytes)
    if (!last) continue
    messages.push(`${begun.kind} ${toHex(concat(...begun.parts))}`)
    begun = undefined
  }
  return messages
}

const isControl = /close|ping|pong/

/** Any element as a part of its message. */
const partOf = (element: unknown): { readonly kind: string; readonly bytes: Uint8Array; readonly last: boolean } => {
  if (typeof element === "string") return { kind: "text", bytes: new TextEncoder().encode(element), last: true }
  if (element instanceof Uint8Array) return { kind: "binary", bytes: element, last: true }
  const { bytes, data, fin, kind, last, opcode, payload } = element as Partial<Frame & MessageBytes> & {
    readonly data?: Uint8Array | string
    readonly last?: boolean
  }
  const content = bytes ?? data ?? payload!
  return {
    kind: kind ?? opcode!,
    bytes: typeof content === "string" ? new TextEncoder().encode(content) : content,
    last: last ?? fin ?? true
  }
}

const payloadOf = ({ closeCode, closeReason }: ClosePayload.ClosePayload): string =>
  closeCode === undefined ? "" : closeCode.toString(16).padStart(4, "0") + toHex(new TextEncoder().encode(closeReason))

/** Small ones, so that many messages just fit or just do not. */
const anyLimits = (random: Random): Limits.Limits => ({
  maxMessageBytes: random.pick([Limits.defaults.maxMessageBytes, 10 + random.int(20)]),
  maxFrameBytes: random.pick([Limits.defaults.maxFrameBytes, 10 + random.int(20)]),
  maxFragments: 1 + random.int(4)
})

/** Messages and control frames, often with something wrong somewhere. */
const anyWire = (random: Random, reader: "client" | "server"): Uint8Array => {
  const frame = (opcode: number, payload: Uint8Array, fin = true) => {
    const maskingKey = reader === "server" ? random.uint32() : undefined
    return encode({ opcode: opcode as Opcode, payload, fin, maskingKey }, Platform.pure.mask)
  }
  const frames: Array<Uint8Array> = []
  for (let count = 1 + random.int(8); count > 0; count--) {
    const length = random.int(random.pick([3, 30, 130, 400]))
    const text = random.chance(2)
    const payload = text ? new TextEncoder().encode(random.text(length >> 1)) : random.bytes(length)
    if (random.chance(12) && length > 0) payload[random.int(payload.length)] = random.int(0x100)
    const parts = random.chance(3) ? random.cut(payload) : [payload]
    if (random.chance(4)) parts.splice(random.int(parts.length + 1), 0, hex(""))
    for (const [i, part] of parts.entries()) {
      if (random.chance(6)) frames.push(frame(random.pick([0x9, 0xa]), random.bytes(random.int(126))))
      frames.push(frame(i > 0 ? 0x0 : text ? 0x1 : 0x2, part, i === parts.length - 1))
    }
  }
  if (random.chance(4)) frames.push(frame(0x8, random.pick(closes)))
  const wire = concat(...frames)
  const at = random.int(wire.length + 1)
  return random.pick([
    () => wire,
    () => wire.subarray(0, at),
    () => wire.map((octet) => (random.chance(wire.length) ? octet ^ (1 << random.int(8)) : octet)),
    () => concat(wire.subarray(0, at), random.bytes(1 + random.int(4)), wire.subarray(at)),
    () => concat(wire.subarray(0, at), wire.subarray(at + 1))
  ])()
}

const closes = ["", "03", "03e8", "03e8 c3bc", "03e8 c3", "03ed", "0fa0 61", "1388"].map(hex)
