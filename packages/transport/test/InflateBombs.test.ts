/** What a peer compresses to do harm: it stops while it is inflated, in little memory (RFC 7692 §8). */
import { constants, deflateRawSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import {
  Endpoint,
  FrameEncoder,
  Limits,
  type MessageAssembler,
  Platform,
  ProtocolViolation
} from "@effect-websocket/core"
import { NodePlatform } from "@effect-websocket/transport"
import { concat, hex } from "../../core/test/hex.ts"

const kibibyte = 0x400
const mebibyte = 0x100000
const unlimited = { maxFrameBytes: Infinity, maxFragments: Infinity }

const make = (limits: Partial<Limits.Limits>, contextTakeover: boolean) => {
  const inflated: Array<number> = []
  const platform: Platform.Platform = {
    ...NodePlatform.platform,
    inflater: (options) => {
      const inflater = NodePlatform.platform.inflater(options)
      const inflate: typeof inflater.inflate = (...parameters) => {
        const output = inflater.inflate(...parameters)
        inflated.push(output.length)
        return output
      }
      return { ...inflater, inflate }
    }
  }
  const agreed = {
    serverNoContextTakeover: !contextTakeover,
    clientNoContextTakeover: !contextTakeover,
    serverMaxWindowBits: 15,
    clientMaxWindowBits: 15
  }
  const endpoint = new Endpoint.Endpoint({
    role: "client",
    platform,
    limits: { ...Limits.defaults, ...limits },
    maskingKey: NodePlatform.randomUint32,
    compression: { agreed, level: 6, memoryLevel: 8, threshold: 1 }
  })
  return { endpoint, inflated }
}

/** Feeds it read by read, each of 64 KiB at most, until it failed. How much memory outside of the heap that took. */
const endure = (endpoint: Endpoint.Endpoint, wire: Iterable<Uint8Array>) => {
  const into: Array<MessageAssembler.Message> = []
  const before = memory()
  let growth = 0
  for (const bytes of wire) {
    for (let at = 0; at < bytes.length && endpoint.receiving; at += 64 * kibibyte) {
      endpoint.receive(bytes.subarray(at, at + 64 * kibibyte))
      endpoint.read(into, { messages: Infinity, bytes: Infinity })
      growth = Math.max(growth, memory() - before)
    }
    if (!endpoint.receiving) break
  }
  assert.deepStrictEqual(into, [])
  return growth
}

const memory = () => {
  const { arrayBuffers, external } = process.memoryUsage()
  return arrayBuffers + external
}

/** So many zeros, ended by an empty stored block: such pieces may follow each other. */
const zeros = (length: number): Uint8Array =>
  deflateRawSync(new Uint8Array(length), { level: 9, finishFlush: constants.Z_SYNC_FLUSH })

const frame = (opcode: 0x0 | 0x2, payload: Uint8Array, fin: boolean) =>
  FrameEncoder.encode({ opcode, payload, fin, rsv1: opcode !== 0x0 }, Platform.pure.mask)

/** One message of this payload in fragments, without an end. */
const fragments = function* (payload: Uint8Array, count: number) {
  yield frame(0x2, payload, false)
  const next = frame(0x0, payload, false)
  for (let i = 1; i < count; i++) yield next
}

const repeated = (payload: Uint8Array, count: number) => concat(...Array.from({ length: count }, () => payload))

describe("inflate bombs", () => {
  for (const contextTakeover of [true, false]) {
    const how = contextTakeover ? "with" : "without"
    const table: ReadonlyArray<
      readonly [what: string, limits: Partial<Limits.Limits>, wire: () => Iterable<Uint8Array>]
    > = [
      [
        "a frame of less than 1 MiB that is 1 GiB",
        {},
        () => [frame(0x2, repeated(zeros(4 * mebibyte), 256).subarray(0, -4), true)]
      ],
      ["10 GiB in fragments of 4 KiB", unlimited, () => fragments(zeros(4 * mebibyte), 2560)],
      ["10 GiB in fragments that are 60 KiB each", unlimited, () => fragments(zeros(60 * kibibyte), 174_763)],
      ["10 GiB in fragments of one byte", unlimited, () => bytewise(zeros(4 * mebibyte), 2560)],
      [
        "16 MiB of a limit of 16 MiB, and a byte",
        { maxMessageBytes: 16 * mebibyte, ...unlimited },
        () => [frame(0x2, concat(repeated(zeros(4 * mebibyte), 4), hex("000100feff2a00")), true)]
      ]
    ]
    for (const [what, limits, wire] of table) {
      it(`${what}, ${how} takeover: MessageTooBig after at most what a message may be`, () => {
        const { endpoint, inflated } = make(limits, contextTakeover)
        const growth = endure(endpoint, wire())
        const { maxMessageBytes } = { ...Limits.defaults, ...limits }
        assert.deepStrictEqual(endpoint.failure, Limits.tooBig("maxMessageBytes", maxMessageBytes, maxMessageBytes + 1))
        const given = inflated.slice(0, -1).reduce((sum, length) => sum + length, 0)
        assert.isAtMost(given, maxMessageBytes)
        assert.isBelow(growth, 8 * maxMessageBytes)
      })
    }
  }

  it("exactly what a message may be passes, and ends where it ends", () => {
    const { endpoint } = make(unlimited, true)
    const into: Array<MessageAssembler.Message> = []
    const wire = concat(...fragments(zeros(256 * kibibyte), 4), frame(0x0, hex("00"), true))
    endpoint.receive(wire)
    endpoint.read(into, { messages: Infinity, bytes: Infinity })
    assert.isTrue(into.length === 1 && Buffer.alloc(mebibyte).equals(into[0] as Uint8Array))
    endpoint.receiveEnd()
  })

  it("empty fragments without end are counted", () => {
    const { endpoint } = make({}, true)
    endure(endpoint, fragments(hex(""), 10_000))
    assert.deepStrictEqual(endpoint.failure, Limits.tooBig("maxFragments", 1024, 1025))
  })

  it("text that is not UTF-8 fails the message at the byte that proves it, long before its end", () => {
    const { endpoint } = make({}, true)
    const wire = hex("417e1000 000300fcff61c328")
    for (const [i, byte] of wire.entries()) {
      assert.strictEqual(endpoint.failure, undefined, `${i}`)
      endure(endpoint, [Uint8Array.of(byte)])
    }
    assert.strictEqual(endpoint.failure, ProtocolViolation.all.InvalidUtf8)
  })
})

const bytewise = function* (payload: Uint8Array, count: number) {
  yield frame(0x2, hex(""), false)
  const next = concat(...Array.from(payload, (byte) => frame(0x0, Uint8Array.of(byte), false)))
  for (let i = 0; i < count; i++) yield next
}
