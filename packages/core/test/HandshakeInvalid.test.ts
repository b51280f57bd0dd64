import { assert, describe, it } from "@effect/vitest"
import * as HandshakeInvalid from "../src/HandshakeInvalid.ts"
import * as HttpHead from "../src/HttpHead.ts"

describe("every check", () => {
  for (const [check, [section, description]] of Object.entries(HandshakeInvalid.checks)) {
    it(check, () => {
      const value = HandshakeInvalid.make(check as HandshakeInvalid.Check)
      assert.deepStrictEqual<unknown>(value, {
        _tag: "HandshakeInvalid",
        check,
        section,
        description,
        found: undefined
      })
      assert.isTrue(Object.isFrozen(value))
      assert.match(section, /^RFC \d{4} §\d+(\.\d+)*$/)
      assert.isNotEmpty(description)
    })
  }

  it("each rule of a head is one of them", () => {
    for (const rule of Object.keys(HttpHead.rules)) assert.property(HandshakeInvalid.checks, rule)
  })
})

it("what was found is cut at 200 characters, and otherwise left as it came", () => {
  assert.strictEqual(HandshakeInvalid.make("Upgrade", "\x1b[0m").found, "\x1b[0m")
  assert.strictEqual(HandshakeInvalid.make("Upgrade", "a".repeat(201)).found, "a".repeat(200))
})
