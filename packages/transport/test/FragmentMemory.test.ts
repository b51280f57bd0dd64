/** What a message of very many fragments costs: about itself, however small they are, since they are merged as they come. */
import { assert, describe, it } from "@effect/vitest"
import { Endpoint, FrameEncoder, Limits, type MessageAssembler, Platform } from "@effect-websocket/core"
import { NodePlatform } from "@effect-websocket/transport"
import { concat } from "../../core/test/hex.ts"

const count = 131_000

const byte = Uint8Array.of(0x61)

const frame = (opcode: 0x0 | 0x1 | 0x2, fin: boolean) =>
  FrameEncoder.encode({ opcode, payload: byte, fin }, Platform.pure.mask)

/** One message of as many fragments of one byte, in reads of 64 KiB. */
const reads = (opcode: 0x1 | 0x2): ReadonlyArray<Uint8Array> => {
  const middle = new Uint8Array(Buffer.alloc((count - 2) * 3, frame(0x0, false)))
  const wire = concat(frame(opcode, false), middle, frame(0x0, true))
  return Array.from({ length: Math.ceil(wire.length / 0x10000) }, (_, i) => wire.slice(i * 0x10000, (i + 1) * 0x10000))
}

/** Reads the message, and how many bytes were set aside for it, in how many arrays. */
const read = (opcode: 0x1 | 0x2, limits: Partial<Limits.Limits>) => {
  const allocated: Array<number> = []
  const endpoint = new Endpoint.Endpoint({
    role: "client",
    platform: {
      ...NodePlatform.platform,
      allocate: (length) => {
        allocated.push(length)
        return NodePlatform.allocate(length)
      }
    },
    limits: { ...Limits.defaults, ...limits },
    maskingKey: NodePlatform.randomUint32
  })
  const into: Array<MessageAssembler.Message> = []
  const wire = reads(opcode)
  const before = process.memoryUsage().arrayBuffers
  let growth = 0
  for (const chunk of wire) {
    endpoint.receive(chunk)
    endpoint.read(into, { messages: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY })
    growth = Math.max(growth, process.memoryUsage().arrayBuffers - before)
  }
  return { endpoint, into, allocated, growth }
}

describe(`${count} fragments of one byte`, () => {
  for (const [what, opcode] of [
    ["bytes", 0x2],
    ["a text", 0x1]
  ] as const) {
    it(`${what}: with the limit raised, they cost about the message`, () => {
      const { allocated, growth, into } = read(opcode, { maxFragments: Number.POSITIVE_INFINITY })
      assert.strictEqual(into[0]!.length, count)
      assert.isAtMost(Math.max(0, ...allocated), 2 * count)
      assert.isAtMost(allocated.length, opcode === 0x2 ? 20 : count / 1000)
      // Garbage counts until it is collected: each time the array grew, the smaller one was let go.
      assert.isBelow(growth, 6 * count)
    })

    it(`${what}: by default they are MessageTooBig, after the fragments that are allowed`, () => {
      const { endpoint, into } = read(opcode, {})
      assert.deepStrictEqual(into, [])
      assert.deepInclude(endpoint.failure, {
        _tag: "MessageTooBig",
        limit: "maxFragments",
        closeCode: 1009,
        seen: 1093
      })
    })
  }
})
