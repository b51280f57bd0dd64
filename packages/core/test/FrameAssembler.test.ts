import { assert, describe, it } from "@effect/vitest"
import type { Assembly } from "../src/Assembler.ts"
import type { Inflater } from "../src/Compression.ts"
import { type Frame, frames, uncheckedFrames } from "../src/FrameAssembler.ts"
import * as Limits from "../src/Limits.ts"
import * as Platform from "../src/Platform.ts"
import * as ProtocolViolation from "../src/ProtocolViolation.ts"
import { assembled } from "./assembled.ts"
import { hex } from "./hex.ts"
import { byteByByte, replay } from "./replay.ts"

const make = (options: { limits?: Partial<Limits.Limits>; inflater?: Inflater; assembly?: Assembly<Frame> } = {}) =>
  (options.assembly ?? frames).make(Platform.pure, { ...Limits.defaults, ...options.limits }, options.inflater)

const frame = (opcode: Frame["opcode"], payload: string, fin = true): Frame => ({ opcode, fin, payload: hex(payload) })

describe("FrameAssembler: frames, at every cut", () => {
  const table: ReadonlyArray<readonly [what: string, wire: string, frames: ReadonlyArray<Frame>]> = [
    ["whole messages", "810161 820262ff", [frame("text", "61"), frame("binary", "62ff")]],
    [
      "fragments",
      "020101 000102 8000",
      [frame("binary", "01", false), frame("continuation", "02", false), frame("continuation", "")]
    ],
    [
      "a character in two frames",
      "0101c3 8001bc 8100",
      [frame("text", "c3", false), frame("continuation", "bc"), frame("text", "")]
    ],
    [
      "bytes that are no UTF-8, in a binary message",
      "0201ff 8001ff",
      [frame("binary", "ff", false), frame("continuation", "ff")]
    ]
  ]
  for (const [what, wire, frames] of table) {
    it(what, () => {
      replay(hex(wire), (chunks, how) => assert.deepStrictEqual(assembled(make(), chunks).given, [...frames], how))
    })
  }

  it("control frames end with themselves", () => {
    assert.deepStrictEqual(frames.control?.(0x8, hex("03e8")), frame("close", "03e8"))
    assert.deepStrictEqual(frames.control?.(0x9, hex("")), frame("ping", ""))
    assert.deepStrictEqual(uncheckedFrames.control?.(0xa, hex("")), frame("pong", ""))
  })

  it("count their payload", () => assert.strictEqual(frames.sizeOf(frame("text", "c3bc")), 2))
})

describe("FrameAssembler: what fails", () => {
  for (const [what, wire, provenAt] of [
    ["in a frame that will be long", "817e1000 61ff", 6],
    ["in a later one", "0101c3 8002bcff", 7],
    ["at the end", "010161 8001c3", 6]
  ] as const) {
    it(`text that is not UTF-8, ${what}: proven after ${provenAt} bytes`, () => {
      const { failedAt, given } = assembled(make(), byteByByte(hex(wire)))
      assert.strictEqual(given.at(-1), ProtocolViolation.all.InvalidUtf8)
      assert.strictEqual(failedAt, provenAt)
    })
  }

  it("text is not checked when it is taken as bytes", () => {
    assert.deepStrictEqual(assembled(make({ assembly: uncheckedFrames }), [hex("8101ff")]).given, [frame("text", "ff")])
  })

  it("a message beyond the limit; the sum starts over with the next message", () => {
    const limits = { maxMessageBytes: 4, maxFrameBytes: 4 }
    assert.lengthOf(assembled(make({ limits }), [hex("02020102 80020304 820401020304")]).given, 3)
    const { given } = assembled(make({ limits }), [hex("02020102 8003")])
    assert.deepStrictEqual(given.at(-1), Limits.tooBig("maxMessageBytes", 4, 5))
  })

  it("a frame that the platform cannot hold, although the limits are infinite", () => {
    const { maxMessageBytes } = Platform.pure
    const limits = { maxMessageBytes: Infinity, maxFrameBytes: Infinity }
    const { given } = assembled(make({ limits }), [hex("827f 0000000100000000")])
    assert.deepStrictEqual(given, [Limits.tooBig("maxFrameBytes", maxMessageBytes, 0x100000000)])
  })
})

describe("FrameAssembler: compressed messages", () => {
  const inflater: Inflater = {
    inflate: (bytes, start, end, _last, room) => {
      const output = new Uint8Array((end - start) * 2).fill(bytes[start] ?? 0)
      return output.length > room ? "TooBig" : output
    },
    close: () => {}
  }

  it("are given inflated, at every cut", () => {
    const frames = [frame("text", "6161", false), frame("continuation", "62626262")]
    replay(hex("410161 80026262"), (chunks, how) => {
      assert.deepStrictEqual(assembled(make({ inflater }), chunks).given, frames, how)
    })
  })

  it("what a frame becomes is bounded by both limits, as it is held whole", () => {
    const bounded = (limits: Partial<Limits.Limits>) =>
      assembled(make({ inflater, limits }), [hex("42020101 8003010101")]).given.at(-1)
    assert.deepStrictEqual(bounded({ maxFrameBytes: 5 }), Limits.tooBig("maxFrameBytes", 5, 6))
    assert.deepStrictEqual(bounded({ maxMessageBytes: 9 }), Limits.tooBig("maxMessageBytes", 9, 10))
    assert.deepStrictEqual(bounded({ maxMessageBytes: 10, maxFrameBytes: 6 }), frame("continuation", "010101010101"))
  })
})
