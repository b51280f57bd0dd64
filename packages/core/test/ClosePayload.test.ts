import { assert, describe, it } from "@effect/vitest"
import * as ClosePayload from "../src/ClosePayload.ts"
import * as InvalidMessage from "../src/InvalidMessage.ts"
import * as Platform from "../src/Platform.ts"
import * as ProtocolViolation from "../src/ProtocolViolation.ts"
import { hex, toHex } from "./hex.ts"

const decode = (bytes: string) => ClosePayload.decode(hex(bytes), Platform.pure.decodeUtf8)
const longest = "é".repeat(61)

describe("ClosePayload (RFC 6455 §5.5.1, §7.4)", () => {
  for (const [bytes, closeCode, closeReason] of [
    ["", undefined, ""],
    ["03e8", 1000, ""],
    ["03f6", 1014, ""],
    ["1387 6f6b", 4999, "ok"],
    ["03e8 efbbbf", 1000, "\ufeff"],
    [`03e8 61${"c3a9".repeat(61)}`, 1000, `a${longest}`]
  ] as const) {
    it(`${bytes.slice(0, 20) || "no bytes"}: ${closeCode}, and back`, () => {
      assert.deepStrictEqual(decode(bytes), { closeCode, closeReason })
      const encoded = ClosePayload.encode({ closeCode, closeReason }, Platform.pure)
      assert.strictEqual(toHex(encoded as Uint8Array), toHex(hex(bytes)))
    })
  }

  for (const [bytes, rule] of [
    ["03", "ClosePayloadOfOneByte"],
    ["0000", "ReservedCloseCode"],
    ["03e7", "ReservedCloseCode"],
    ["03ec", "ReservedCloseCode"],
    ["03ed", "ReservedCloseCode"],
    ["03ee", "ReservedCloseCode"],
    ["03f7", "ReservedCloseCode"],
    ["07d0", "ReservedCloseCode"],
    ["ffff", "ReservedCloseCode"],
    ["03ed ff", "ReservedCloseCode"],
    ["03e8 c3", "InvalidCloseReason"],
    ["03e8 eda080", "InvalidCloseReason"]
  ] as const) {
    it(`${bytes}: ${rule}`, () => assert.strictEqual(decode(bytes), ProtocolViolation.all[rule]))
  }

  for (const [what, closeCode, closeReason, rule] of [
    ["a code for local use", 1005, "", "ReservedCloseCode"],
    ["a code of a future RFC", 2999, "", "ReservedCloseCode"],
    ["no whole number", 1000.5, "", "ReservedCloseCode"],
    ["a reason without a code", undefined, "bye", "CloseReasonWithoutCode"],
    ["124 bytes of reason", 1000, `aa${longest}`, "CloseReasonTooLong"],
    ["a reason that is no UTF-8", 1000, "\udfff", "LoneSurrogate"]
  ] as const) {
    it(`a program cannot send ${what}: ${rule}`, () => {
      assert.strictEqual(ClosePayload.encode({ closeCode, closeReason }, Platform.pure), InvalidMessage.all[rule])
    })
  }

  it("the payload that says nothing is one frozen value", () => {
    assert.strictEqual(decode(""), ClosePayload.none)
    assert.isFrozen(ClosePayload.none)
    assert.strictEqual(ClosePayload.maxReasonBytes, 123)
  })
})
