import { constants, inflateRawSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import * as Frames from "../Frames.ts"
import { messages } from "../Payloads.ts"

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex")

describe("Frames", () => {
  it("frames a text as a server does, RFC 6455 §5.7", () => {
    assert.strictEqual(hex(Frames.single("Hello", "server")), "810548656c6c6f")
  })

  it("masks what a client sends", () => {
    assert.strictEqual(hex(Frames.single(Uint8Array.of(0, 0, 0, 0, 0), "client")), "82859e3779b19e3779b19e")
  })

  it.each([
    [125, "817d"],
    [126, "817e007e"],
    [65535, "817effff"],
    [65536, "817f0000000000010000"]
  ])("writes a length of %i in the shortest form", (length, header) => {
    assert.strictEqual(hex(Frames.serverHeader(0x81, length)), header)
  })

  it("cuts a message into fragments, fin on the last", () => {
    const unit = Frames.unit({ payload: "text", size: 20, unit: 1, fragment: 8 }, "server")
    assert.strictEqual(hex(unit.subarray(0, 2)), "0108")
    assert.strictEqual(hex(unit.subarray(10, 12)), "0008")
    assert.strictEqual(hex(unit.subarray(20, 22)), "8004")
    assert.strictEqual(unit.length, 26)
  })

  it("repeats the series to fill a unit", () => {
    const series = messages("text", 65536)
    const unit = Frames.unit({ payload: "text", size: 65536, unit: 2 * series.length }, "server")
    assert.strictEqual(hex(unit.subarray(0, unit.length / 2)), hex(unit.subarray(unit.length / 2)))
  })

  it("compresses with context takeover, so that a series inflates twice in a row", () => {
    const series = messages("json", 16384)
    const wire = { payload: "json", size: 16384, unit: series.length, deflate: true } as const
    const unit = Frames.unit(wire, "server")
    const blocks: Array<Uint8Array> = []
    for (let at = 0; at < unit.length; ) {
      assert.strictEqual(unit[at], 0xc1)
      assert.strictEqual(unit[at + 1], 126)
      const end = at + 4 + (unit[at + 2]! << 8) + unit[at + 3]!
      blocks.push(unit.subarray(at + 4, end), Uint8Array.of(0x00, 0x00, 0xff, 0xff))
      at = end
    }
    const inflated = inflateRawSync(Buffer.concat([...blocks, ...blocks]), { finishFlush: constants.Z_SYNC_FLUSH })
    assert.strictEqual(inflated.toString(), series.join("").repeat(2))
  })
})
