import { assert, describe, it } from "@effect/vitest"
import { Endpoint, type Options } from "../src/Endpoint.ts"
import * as FrameEncoder from "../src/FrameEncoder.ts"
import * as Latin1 from "../src/Latin1.ts"
import * as Limits from "../src/Limits.ts"
import type { Message } from "../src/MessageAssembler.ts"
import * as Platform from "../src/Platform.ts"
import { concat, hex } from "./hex.ts"
import { Random, seed } from "./random.ts"
import { replay } from "./replay.ts"
import { brokenHeaders, brokenPayloads, eventsOf, legal } from "./vectors.ts"

/** Counts how often bytes became text. */
const withRuns = () => {
  const counted = {
    decoded: 0,
    platform: {
      ...Platform.pure,
      decodesRuns: true,
      decodeLatin1: (bytes: Uint8Array, start: number, end: number) => {
        counted.decoded += 1
        return Latin1.decode(bytes, start, end)
      },
      decodeUtf8: (bytes: Uint8Array, start: number, end: number) => {
        counted.decoded += 1
        return Platform.pure.decodeUtf8(bytes, start, end)
      }
    }
  }
  return counted
}

const make = (platform: Platform.Platform, options: Partial<Options> = {}) =>
  new Endpoint({ role: "client", platform, limits: Limits.defaults, maskingKey: () => 0, ...options })

const frame = (opcode: number, payload: Uint8Array, fin = true) =>
  FrameEncoder.encode({ opcode: opcode as 1, payload, fin }, Platform.pure.mask)

const text = (message: string) => frame(0x1, new TextEncoder().encode(message))

const read = (endpoint: Endpoint, bytes: Uint8Array, room = { messages: Infinity, bytes: Infinity }) => {
  const messages: Array<Message> = []
  endpoint.receive(bytes)
  const usedUp = endpoint.read(messages, room)
  return { messages, room, usedUp }
}

describe("MessageRun: the wire literals, as without it", () => {
  for (const { bytes, clause, events, places, reader } of [...legal, ...brokenHeaders, ...brokenPayloads]) {
    it(`RFC 6455 ${clause}: ${events.join(", ").slice(0, 60)}`, () => {
      replay(
        bytes,
        (chunks, how) => {
          const endpoint = make(withRuns().platform, { role: reader })
          assert.deepStrictEqual(eventsOf(endpoint, chunks), [...events], how)
        },
        places
      )
    })
  }
})

describe("MessageRun", () => {
  it("decodes short texts at once, up to 1 KiB of them", () => {
    const counted = withRuns()
    const texts = Array.from({ length: 200 }, (_, i) => `message ${i}`)
    const { messages, usedUp } = read(make(counted.platform), concat(...texts.map(text)))
    assert.deepStrictEqual(messages, texts)
    assert.isTrue(usedUp)
    assert.strictEqual(counted.decoded, 3)
  })

  it("stops before a text that is not UTF-8, short or long", () => {
    for (const length of [1, 126]) {
      const one = "é".padStart(length, "x")
      const endpoint = make(withRuns().platform)
      const bad = frame(0x1, concat(new TextEncoder().encode("x".repeat(length)), hex("c3")))
      const { messages } = read(endpoint, concat(text(one), text(one), bad, text(one)))
      assert.deepStrictEqual(messages, [one, one])
      assert.strictEqual(endpoint.failure?._tag, "ProtocolViolation")
    }
  })

  it("gives no more than there is room for, counted in messages and in bytes", () => {
    for (const one of [text("abc"), frame(0x2, hex("010203")), frame(0x2, new Uint8Array(100))]) {
      const size = one.length - 2
      const stream = concat(one, one, one, one)
      const few = read(make(withRuns().platform), stream, { messages: 3, bytes: 1000 })
      assert.deepStrictEqual([few.messages.length, few.usedUp], [3, false])
      assert.deepStrictEqual(few.room, { messages: 0, bytes: 1000 - 3 * size })
      const small = read(make(withRuns().platform), stream, { messages: 10, bytes: size + 1 })
      assert.deepStrictEqual([small.messages.length, small.usedUp], [2, false])
      assert.deepStrictEqual(small.room, { messages: 8, bytes: 1 - size })
    }
  })

  it("gives small binary messages memory of their own, and others at most 16 KiB that they share with their neighbours", () => {
    for (const [length, most] of [
      [0, 0],
      [64, 64],
      [65, 0x1000],
      [125, 0x1000],
      [126, 0x4000],
      [0x3ff, 0x4000],
      [0x1001, 0x1001]
    ] as const) {
      const payloads = Array.from({ length: 100 }, (_, i) => new Uint8Array(length).fill(i))
      const stream = concat(...payloads.map((payload) => frame(0x2, payload)))
      const { messages } = read(make(withRuns().platform), stream)
      stream.fill(0xff)
      assert.deepStrictEqual(messages, payloads)
      for (const message of messages as Array<Uint8Array>) {
        assert.strictEqual(message.constructor, Uint8Array)
        assert.isAtMost(message.buffer.byteLength, most)
      }
    }
  })

  it("gives views of a read that holds little but binary messages of 1 KiB and more, and says so", () => {
    for (const [length, memory, isKept] of [
      [0x3ff, 20 * 0x403, false],
      [0x400, 20 * 0x404, true],
      [0x1000, 20 * 0x1004, true],
      [0x400, 2 * 20 * 0x404, true],
      [0x400, 2 * 20 * 0x404 + 1, false]
    ] as const) {
      const payloads = Array.from({ length: 20 }, (_, i) => new Uint8Array(length).fill(i))
      const frames = concat(...payloads.map((payload) => frame(0x2, payload)))
      const chunk = new Uint8Array(memory).subarray(memory - frames.length)
      chunk.set(frames)
      const endpoint = make(withRuns().platform)
      const { messages } = read(endpoint, chunk)
      assert.deepStrictEqual(messages, payloads)
      assert.strictEqual(endpoint.keepsRead, isKept)
      const shared = (messages as Array<Uint8Array>).filter((message) => message.buffer === chunk.buffer)
      assert.strictEqual(shared.length, isKept ? 20 : 0)
      assert.deepStrictEqual(read(endpoint, text("next")).messages, ["next"])
      assert.isFalse(endpoint.keepsRead)
    }
  })

  it("a message that comes alone pins nothing but itself", () => {
    const { messages } = read(make(withRuns().platform), frame(0x2, new Uint8Array(100)))
    assert.strictEqual((messages[0] as Uint8Array).buffer.byteLength, 100)
  })

  it("takes no part where a limit is smaller than its longest message", () => {
    for (const limits of [{ maxMessageBytes: 0xfff }, { maxFrameBytes: 0xfff }]) {
      const counted = withRuns()
      const endpoint = make(counted.platform, { limits: { ...Limits.defaults, ...limits } })
      assert.deepStrictEqual(read(endpoint, concat(text("a"), text("b"))).messages, ["a", "b"])
      assert.strictEqual(counted.decoded, 2)
    }
  })

  it("takes nothing once a Close came", () => {
    const { messages } = read(make(withRuns().platform), concat(text("a"), hex("8800"), text("b")))
    assert.deepStrictEqual(messages, ["a"])
  })

  it(`gives the same as without it, whatever comes and wherever it is cut (seed ${seed})`, () => {
    const random = new Random()
    for (let round = 0; round < 60; round++) {
      const frames = Array.from({ length: 80 }, () => {
        const length = random.int(random.pick([3, 20, 126, 127, 300, 1500, 5000]))
        const opcode = random.pick([0x1, 0x1, 0x1, 0x2, 0x2, 0x9])
        if (opcode === 0x9) return frame(opcode, random.bytes(length % 126))
        if (opcode === 0x2) return frame(opcode, random.bytes(length))
        if (random.chance(30)) return concat(frame(opcode, hex("61"), false), frame(0x0, hex("62")))
        if (random.chance(200)) return frame(opcode, random.bytes(length))
        return text(random.chance(4) ? random.text(length >> 2) : "x".repeat(length))
      })
      const chunks = random.cut(concat(...frames))
      const answers = [make(Platform.pure), make(withRuns().platform)].map((endpoint) => {
        const messages: Array<Message> = []
        const rooms: Array<object> = []
        for (const chunk of chunks) {
          // Reads need not begin at a word.
          const shift = (round + chunk.length) % 5
          endpoint.receive(concat(new Uint8Array(shift), chunk).subarray(shift))
          for (let usedUp = false; !usedUp; ) {
            const room = { messages: 1 + (messages.length % 7), bytes: 1 + ((messages.length * 37) % 3000) }
            usedUp = endpoint.read(messages, room)
            rooms.push(room)
          }
        }
        const { controls, dataPieces, failure, received, state } = endpoint
        return { messages, rooms, controls, dataPieces, failure, received, state }
      })
      assert.deepStrictEqual(answers[1], answers[0])
    }
  })
})
