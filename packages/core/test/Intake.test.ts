import { assert, describe, it } from "@effect/vitest"
import type { InflateFailure, Inflater } from "../src/Compression.ts"
import { FrameDecoder } from "../src/FrameDecoder.ts"
import * as FrameHeader from "../src/FrameHeader.ts"
import { Intake } from "../src/Intake.ts"
import * as Limits from "../src/Limits.ts"
import type { Opcode } from "../src/Opcode.ts"
import * as Platform from "../src/Platform.ts"
import * as ProtocolViolation from "../src/ProtocolViolation.ts"
import { hex } from "./hex.ts"

const limits = { maxMessageBytes: 40, maxFrameBytes: 30, maxFragments: 2 }

const header = (opcode: Opcode, payloadLength: number, rsv1 = false) => ({
  ...FrameHeader.make(),
  opcode,
  payloadLength,
  rsv1
})

describe("Intake: what a header says of its message", () => {
  it("the first frame says what it is and whether it is compressed, the others go on with it", () => {
    const intake = new Intake(limits, undefined)
    intake.begin(header(0x1, 1, true), 0)
    intake.begin(header(0x0, 1), 1)
    assert.deepStrictEqual([intake.kind, intake.compressed], ["text", true])
    intake.begin(header(0x2, 1), 0)
    assert.deepStrictEqual([intake.kind, intake.compressed], ["binary", false])
  })

  it("the limits: of a frame, of the message so far, of fragments", () => {
    const intake = new Intake(limits, undefined)
    assert.deepStrictEqual(intake.begin(header(0x2, 31), 0), Limits.tooBig("maxFrameBytes", 30, 31))
    assert.isUndefined(intake.begin(header(0x2, 15), 0))
    assert.deepStrictEqual(intake.begin(header(0x0, 26), 15), Limits.tooBig("maxMessageBytes", 40, 41))
    assert.isUndefined(intake.begin(header(0x0, 0), 15))
    assert.deepStrictEqual(intake.begin(header(0x0, 0), 15), Limits.tooBig("maxFragments", 2, 3))
  })

  it("the count of fragments and of their bytes starts over with each message", () => {
    const intake = new Intake(limits, undefined)
    for (let message = 0; message < 3; message++) {
      assert.isUndefined(intake.begin(header(0x2, 15), 0))
      assert.isUndefined(intake.begin(header(0x0, 0), 15))
    }
    assert.deepStrictEqual(intake.begin(header(0x0, 0), 15), Limits.tooBig("maxFragments", 2, 3))
  })

  it("exactly 16 bytes allow one more fragment", () => {
    const intake = new Intake(limits, undefined)
    assert.isUndefined(intake.begin(header(0x2, 16), 0))
    assert.isUndefined(intake.begin(header(0x0, 0), 16))
    assert.isUndefined(intake.begin(header(0x0, 0), 16))
    assert.deepStrictEqual(intake.begin(header(0x0, 0), 16), Limits.tooBig("maxFragments", 2, 4))
  })

  it("a compressed message is not as long as its frames say", () => {
    const intake = new Intake(limits, undefined)
    assert.isUndefined(intake.begin(header(0x2, 16, true), 0))
    assert.isUndefined(intake.begin(header(0x0, 30), 40))
    assert.isUndefined(intake.begin(header(0x0, 0), 40))
  })
})

describe("Intake: inflating", () => {
  const inflate = (answer: Uint8Array | InflateFailure, wire = "c20101", limit?: "maxFrameBytes") => {
    const asked: Array<unknown> = []
    const inflater: Inflater = {
      inflate: (_bytes, start, end, last, room) => {
        asked.push(start, end, last, room)
        return answer
      },
      close: () => {}
    }
    const decoder = new FrameDecoder({ role: "client", rsv1: true, mask: Platform.pure.mask })
    decoder.push(hex(wire))
    decoder.next()
    return { given: new Intake(limits, inflater).inflate(decoder, 5, limit), asked }
  }

  it("asks for what there is room for, and says where the message ends", () => {
    assert.deepStrictEqual(inflate(hex("61")), { given: hex("61"), asked: [2, 3, true, 35] })
    assert.deepStrictEqual(inflate(hex("61"), "420101").asked, [2, 3, false, 35])
    assert.deepStrictEqual(inflate(hex("61"), "c20201").asked, [2, 3, false, 35])
    assert.deepStrictEqual(inflate(hex("61"), "c20101", "maxFrameBytes").asked, [2, 3, true, 25])
  })

  it("Corrupt becomes InvalidDeflate, and TooBig becomes MessageTooBig with its limit", () => {
    assert.strictEqual(inflate("Corrupt").given, ProtocolViolation.all.InvalidDeflate)
    assert.deepStrictEqual(inflate("TooBig").given, Limits.tooBig("maxMessageBytes", 40, 41))
    assert.deepStrictEqual(inflate("TooBig", "c20101", "maxFrameBytes").given, Limits.tooBig("maxFrameBytes", 30, 31))
  })
})
