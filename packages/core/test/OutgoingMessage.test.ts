import { assert, describe, it } from "@effect/vitest"
import * as Compression from "../src/Compression.ts"
import { FrameEncoder } from "../src/FrameEncoder.ts"
import { type Parts, SplitMessage, StreamedMessage } from "../src/OutgoingMessage.ts"
import * as Platform from "../src/Platform.ts"
import { concat, hex, toHex } from "./hex.ts"

const made = (parts: Partial<Parts> = {}) => {
  const output = new FrameEncoder(Platform.pure, undefined)
  const all: Parts = { output, kind: "text", compressed: false, sending: () => true, ...parts }
  return { parts: all, written: () => toHex(concat(...output.take())) }
}

describe("StreamedMessage (RFC 6455 §5.4)", () => {
  it("the first frame says what it is, the others continue it, FIN is on the last", () => {
    const { parts, written } = made({ kind: "binary" })
    const message = new StreamedMessage(parts, undefined)
    message.send(hex("61"), false)
    message.send(hex(""), false)
    message.send(hex("6263"), true)
    assert.strictEqual(written(), toHex(hex("020161 0000 80026263")))
  })

  it("in one frame, when the first is the last", () => {
    const { parts, written } = made()
    new StreamedMessage(parts, undefined).send(hex(""), true)
    assert.strictEqual(written(), "8100")
  })

  it("RSV1 is on its first frame alone, the tail is left out at its end alone (RFC 7692 §6.1)", () => {
    const { parts, written } = made({ compressed: true })
    const message = new StreamedMessage(parts, Compression.storing())
    message.send(hex("61"), false)
    message.send(hex("62"), true)
    assert.strictEqual(written(), toHex(hex("4106 000100feff61 8007 000100feff6200")))
  })

  it("nothing goes out after a Close, and nothing is compressed any more", () => {
    let open = true
    const { parts, written } = made({ compressed: true, sending: () => open })
    const deflated: Array<unknown> = []
    const deflate = (payload: Uint8Array) => {
      deflated.push(payload)
      return payload
    }
    const message = new StreamedMessage(parts, { deflate, close: () => {} })
    message.send(hex("61"), false)
    open = false
    message.send(hex("62"), true)
    assert.strictEqual(written(), "410161")
    assert.lengthOf(deflated, 1)
  })
})

describe("SplitMessage", () => {
  for (const [most, frames] of [
    [1, "010161 000162 000163 800164"],
    [2, "01026162 80026364"],
    [3, "0103616263 800164"],
    [4, "810461626364"],
    [9, "810461626364"]
  ] as const) {
    it(`frames of at most ${most}`, () => {
      const { parts, written } = made()
      const message = new SplitMessage(parts, hex("61626364"), most)
      while (!message.next());
      assert.strictEqual(written(), toHex(hex(frames)))
    })
  }

  it("an empty message is one frame, a compressed one bears RSV1 once", () => {
    const empty = made()
    assert.isTrue(new SplitMessage(empty.parts, hex(""), 4).next())
    assert.strictEqual(empty.written(), "8100")
    const compressed = made({ compressed: true })
    const message = new SplitMessage(compressed.parts, hex("6162"), 1)
    assert.deepStrictEqual([message.next(), message.next()], [false, true])
    assert.strictEqual(compressed.written(), toHex(hex("410161 800162")))
  })

  it("keep: the caller may reuse its bytes from then on", () => {
    const { parts, written } = made()
    const bytes = hex("6162")
    const message = new SplitMessage(parts, bytes, 1)
    message.next()
    message.keep()
    bytes.fill(0)
    message.next()
    assert.strictEqual(written(), toHex(hex("010161 800162")))
  })

  it("nothing goes out after a Close, and it comes to its end", () => {
    const { parts, written } = made({ sending: () => false })
    const message = new SplitMessage(parts, hex("6162"), 1)
    assert.deepStrictEqual([message.next(), message.next()], [false, true])
    assert.strictEqual(written(), "")
  })
})
