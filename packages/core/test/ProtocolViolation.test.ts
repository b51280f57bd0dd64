import { assert, describe, it } from "@effect/vitest"
import * as ProtocolViolation from "../src/ProtocolViolation.ts"

describe("ProtocolViolation", () => {
  for (const [rule, violation] of Object.entries(ProtocolViolation.all)) {
    it(`${rule} names its close code, its clause and what the peer did`, () => {
      assert.strictEqual(violation._tag, "ProtocolViolation")
      assert.strictEqual(violation.rule, rule)
      assert.strictEqual(violation.closeCode, /Utf8|Reason|Deflate/.test(rule) ? 1007 : 1002)
      assert.match(violation.section, /^RFC (6455|7692) §\d/)
      assert.isNotEmpty(violation.description)
      assert.isFrozen(violation)
    })
  }

  it("the list of rules cannot be changed", () => {
    assert.isFrozen(ProtocolViolation.all)
  })
})
