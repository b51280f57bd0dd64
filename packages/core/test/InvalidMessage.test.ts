import { assert, describe, it } from "@effect/vitest"
import * as InvalidMessage from "../src/InvalidMessage.ts"

describe("InvalidMessage", () => {
  for (const [rule, invalid] of Object.entries(InvalidMessage.all)) {
    it(`${rule} names its clause and what is legal`, () => {
      assert.strictEqual(invalid._tag, "InvalidMessage")
      assert.strictEqual(invalid.rule, rule)
      assert.match(invalid.section, /^RFC 6455 §\d/)
      assert.isNotEmpty(invalid.advice)
      assert.isFrozen(invalid)
    })
  }

  it("a text with a lone surrogate has no UTF-8 (RFC 6455 §5.6)", () => {
    for (const text of ["\ud800", "a\udc00", "\udc00\ud800"]) {
      assert.strictEqual(InvalidMessage.ofMessage(text), InvalidMessage.all.LoneSurrogate)
    }
  })

  it("every other text and all bytes are legal", () => {
    for (const message of ["", "ascii", "\u{1f600}", "\ufeff\ufffd", Uint8Array.of(0xff)]) {
      assert.isUndefined(InvalidMessage.ofMessage(message))
    }
  })

  it("what is neither text nor bytes is no message, whatever a caller without types says", () => {
    for (const message of [null, undefined, 5, [1, 2], { length: 2 }, new Uint16Array(1), new ArrayBuffer(1)]) {
      assert.strictEqual(InvalidMessage.ofMessage(message as never), InvalidMessage.all.NotAMessage)
      assert.strictEqual(InvalidMessage.ofControlPayload(message as never), InvalidMessage.all.NotAMessage)
    }
    assert.strictEqual(InvalidMessage.ofControlPayload("text" as never), InvalidMessage.all.NotAMessage)
  })

  it("a ping or pong holds at most 125 bytes (RFC 6455 §5.5)", () => {
    assert.isUndefined(InvalidMessage.ofControlPayload(new Uint8Array(0)))
    assert.isUndefined(InvalidMessage.ofControlPayload(new Uint8Array(125)))
    assert.strictEqual(InvalidMessage.ofControlPayload(new Uint8Array(126)), InvalidMessage.all.ControlPayloadTooLong)
  })
})
