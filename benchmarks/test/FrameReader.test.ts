import { assert, describe, it } from "@effect/vitest"
import * as Frames from "../Frames.ts"
import { FrameReader } from "../server/FrameReader.ts"

const never = { first: Number.POSITIVE_INFINITY, take: () => Number.POSITIVE_INFINITY }
const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString("hex")
const fromHex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex")

/** Two small messages around one with an extended length, as a client sends them. */
const series = ["Hello", "x".repeat(300), ""]
const input = Buffer.concat(series.map((message) => Frames.single(message, "client")))

describe("FrameReader", () => {
  it("counts the same at every cut", () => {
    for (let cut = 0; cut <= input.length; cut++) {
      const reader = new FrameReader(false, never)
      reader.read(input.subarray(0, cut))
      reader.read(input.subarray(cut))
      assert.deepStrictEqual([reader.messages, reader.payloadBytes, reader.compressed], [3, 305, 0])
    }
  })

  it("echoes unmasked, byte by byte", () => {
    const reader = new FrameReader(true, never)
    for (const byte of input) reader.read(Uint8Array.of(byte))
    const expected = Buffer.concat(series.map((message) => Frames.single(message, "server")))
    assert.strictEqual(hex(reader.takeOutput()), hex(expected))
    assert.strictEqual(reader.takeOutput(), undefined)
  })

  it("hands over the messages that the watch asks for", () => {
    const taken: Array<[number, string]> = []
    const reader = new FrameReader(false, {
      first: 0,
      take: (index, payload) => {
        taken.push([index, Buffer.from(payload).toString()])
        return index + 2
      }
    })
    for (const byte of input) reader.read(Uint8Array.of(byte))
    assert.deepStrictEqual(taken, [
      [0, "Hello"],
      [2, ""]
    ])
  })

  it.each([
    ["Ping", "89 81 00000000 61", "8a0161"],
    ["Close", "88 82 00000000 03e8", "880203e8"]
  ])("answers a %s in the middle of a fragmented message", (_, control, answer) => {
    const reader = new FrameReader(false, never)
    reader.read(Buffer.concat([fromHex("01 81 00000000 61"), fromHex(control), fromHex("80 81 00000000 62")]))
    assert.strictEqual(hex(reader.takeOutput()), answer)
    assert.deepStrictEqual([reader.messages, reader.payloadBytes], [1, 2])
  })

  it("counts compressed messages", () => {
    const reader = new FrameReader(false, never)
    reader.read(fromHex("c1 81 00000000 61"))
    assert.strictEqual(reader.compressed, 1)
  })

  it("notices a client that does not mask", () => {
    const reader = new FrameReader(false, never)
    reader.read(Frames.single("unmasked, and long enough", "server"))
    assert.strictEqual(reader.problem, "an unmasked frame")
  })
})
