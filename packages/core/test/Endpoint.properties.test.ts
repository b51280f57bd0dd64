/** Endpoints under random input: what is legal arrives, and nothing at all makes one throw or speak out of turn. */
import { assert, describe, it } from "@effect/vitest"
import { Endpoint } from "../src/Endpoint.ts"
import { encode } from "../src/FrameEncoder.ts"
import * as Limits from "../src/Limits.ts"
import type { Message } from "../src/MessageAssembler.ts"
import * as Opcode from "../src/Opcode.ts"
import * as Platform from "../src/Platform.ts"
import { zlibDeflater } from "./deflate.ts"
import { assemblies, endpointReceiver, messagesOf } from "./endpointReceiver.ts"
import { concat, hex, toHex } from "./hex.ts"
import { Random, seed } from "./random.ts"

const roles = ["client", "server"] as const
type Role = (typeof roles)[number]

const options = (role: Role, limits: Limits.Limits = Limits.defaults) => ({
  role,
  platform: Platform.pure,
  limits,
  maskingKey: () => 0x01020304,
  compression: { agreed, level: 6, memoryLevel: 8, threshold: 0 }
})

const make = (role: Role, limits?: Limits.Limits) => new Endpoint(options(role, limits))

const agreed = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 12,
  clientMaxWindowBits: 12
}

const frame = (
  random: Random,
  reader: Role,
  opcode: Opcode.Opcode,
  payload: Uint8Array,
  fin = true,
  rsv1 = false
): Uint8Array => {
  const maskingKey = reader === "server" ? random.uint32() : undefined
  return encode({ opcode, payload, fin, rsv1, maskingKey }, Platform.pure.mask)
}

/** Messages, the frames that carry them, compressed and fragmented at random, and the control frames among those. */
const conversation = (random: Random, reader: Role) => {
  const deflater = zlibDeflater({ windowBits: 12, contextTakeover: true, level: 6, memoryLevel: 8 })
  const messages: Array<Message> = []
  const controls: Array<string> = []
  const frames: Array<Uint8Array> = []
  const control = () => {
    const opcode = random.pick<Opcode.Opcode>([Opcode.ping, Opcode.pong])
    const payload = random.bytes(random.int(random.pick([2, 126])))
    controls.push(`${opcode === Opcode.ping ? "Ping" : "Pong"} ${toHex(payload)}`)
    frames.push(frame(random, reader, opcode, payload))
  }
  for (let count = random.int(8); count > 0; count--) {
    const length = random.int(random.pick([3, 130, 400, 3000]))
    const message = random.chance(2) ? random.text(length >> 1) : random.bytes(length)
    messages.push(message)
    const text = typeof message === "string"
    const payload = text ? new Uint8Array(Buffer.from(message)) : message
    const compressed = random.chance(2)
    const parts = random.cut(compressed ? deflater.deflate(payload) : payload)
    for (let empty = random.int(3); empty > 0; empty--) parts.splice(random.int(parts.length + 1), 0, hex(""))
    if (parts.length === 0) parts.push(hex(""))
    for (const [i, part] of parts.entries()) {
      while (random.chance(4)) control()
      const opcode = i > 0 ? Opcode.continuation : text ? Opcode.text : Opcode.binary
      frames.push(frame(random, reader, opcode, part, i === parts.length - 1, compressed && i === 0))
    }
  }
  while (random.chance(2)) control()
  return { messages, controls, wire: concat(...frames) }
}

describe("Endpoint: random conversations", () => {
  for (const role of roles) {
    it(`a ${role} gets every message and control frame, in order, however fragmented and cut (seed ${seed})`, () => {
      const random = new Random()
      for (let round = 0; round < 200; round++) {
        const { controls, messages, wire } = conversation(random, role)
        const endpoint = make(role)
        const seen: Array<Message> = []
        for (const chunk of random.cut(wire)) {
          endpoint.receive(chunk)
          while (!endpoint.read(seen, { messages: random.int(3), bytes: random.int(2000) }));
        }
        assert.deepStrictEqual(seen, messages)
        assert.deepStrictEqual(
          endpoint.controls.map(({ _tag, payload }) => `${_tag} ${toHex(payload)}`),
          controls
        )
        assert.deepStrictEqual([endpoint.state, endpoint.failure], ["Open", undefined])
      }
    })
  }
})

describe("Endpoint: random conversations, whatever becomes of them", () => {
  for (const [what, assembly] of Object.entries(assemblies)) {
    it(`${what}: all of each message, counted once (seed ${seed})`, () => {
      const random = new Random()
      for (let round = 0; round < 100; round++) {
        const role = random.pick(roles)
        const { messages, wire } = conversation(random, role)
        const endpoint = new Endpoint({ ...options(role), assembly })
        const elements: Array<unknown> = []
        for (const chunk of random.cut(wire)) {
          endpoint.receive(chunk)
          while (!endpoint.read(elements, { messages: random.int(3), bytes: random.int(2000) }));
        }
        assert.deepStrictEqual(messagesOf(elements), messagesOf(messages))
        assert.strictEqual(endpoint.received.messages, messages.length)
      }
    })
  }
})

describe("Endpoint", () => {
  endpointReceiver({ ...Platform.pure, decodesRuns: true })
})

describe("Endpoint: a total machine", () => {
  /** Feeds it all. Once the input is over nothing more may come out: no message, no control frame, no bytes. */
  const endure = (random: Random, endpoint: Endpoint, wire: Uint8Array) => {
    const seen: Array<Message> = []
    const picture = () => JSON.stringify([endpoint, seen.length])
    let over: string | undefined
    for (const chunk of random.cut(wire)) {
      endpoint.receive(chunk)
      if (random.chance(20)) endpoint.discard()
      while (!endpoint.read(seen, { messages: random.int(5), bytes: 5000 }));
      if (over !== undefined) assert.strictEqual(picture(), over)
      if (!endpoint.receiving) over ??= picture()
    }
    endpoint.fail()
    endpoint.receiveEnd()
    assert.strictEqual(
      endpoint.state,
      endpoint.failure !== undefined ? "Failed" : endpoint.closeReceived ? "Closed" : "Lost"
    )
    return endpoint
  }
  const tight: Limits.Limits = { maxMessageBytes: 5000, maxFrameBytes: 2000, maxFragments: 20 }

  for (const role of roles) {
    it(`a ${role} endures random bytes (seed ${seed})`, () => {
      const random = new Random()
      for (let round = 0; round < 3000; round++) {
        endure(random, make(role, random.pick([tight, Limits.defaults])), random.bytes(random.int(80)))
      }
    })

    it(`a ${role} endures legal conversations with some bytes changed, lost or doubled (seed ${seed})`, () => {
      const random = new Random()
      const ends = new Set<string>()
      for (let round = 0; round < 1000; round++) {
        const { wire } = conversation(random, role)
        const at = random.int(wire.length + 1)
        const mutated = random.pick([
          () => wire.map((byte) => (random.chance(50) ? byte ^ (1 << random.int(8)) : byte)),
          () => concat(wire.subarray(0, at), wire.subarray(at + 1 + random.int(4))),
          () => concat(wire.subarray(0, at), wire.subarray(Math.max(0, at - 4))),
          () => concat(wire.subarray(0, at), random.bytes(6), wire.subarray(at))
        ])()
        const { failure } = endure(random, make(role, random.pick([tight, Limits.defaults])), mutated)
        ends.add(failure === undefined ? "none" : "rule" in failure ? failure.rule : failure.limit)
      }
      assert.isAtLeast(ends.size, 5, [...ends].join(", "))
    })
  }
})
