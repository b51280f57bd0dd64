import { assert, describe, it } from "@effect/vitest"
import { bytesOf } from "../Frames.ts"
import { messages, type Payload } from "../Payloads.ts"

const cases: ReadonlyArray<[Payload, number]> = [
  ["text", 16],
  ["text", 125],
  ["text", 65536],
  ["binary", 16],
  ["binary", 1024],
  ["multibyte", 64],
  ["multibyte", 1024],
  ["multibyte", 65536],
  ["json", 64],
  ["json", 1024],
  ["json", 65536]
]

describe("Payloads", () => {
  it.each(cases)("%s of %i bytes has that size on the wire, and every message is another", (payload, size) => {
    const series = messages(payload, size)
    const distinct = new Set(series.map((message) => Buffer.from(bytesOf(message)).toString("latin1")))
    assert.strictEqual(distinct.size, series.length)
    for (const message of series) assert.strictEqual(bytesOf(message).length, size)
  })

  it.each(cases)("%s of %i bytes repeats after a power of two", (payload, size) => {
    assert.strictEqual(Math.log2(messages(payload, size).length) % 1, 0)
  })

  it("json parses", () => {
    for (const size of [64, 1024]) for (const message of messages("json", size)) JSON.parse(message as string)
  })

  it("multi-byte text is mostly not ASCII", () => {
    const [message] = messages("multibyte", 1024)
    assert.isBelow(message!.length, 700)
  })
})
