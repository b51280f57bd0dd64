import { assert, describe, it } from "@effect/vitest"
import { isFailure } from "../src/Assembler.ts"
import * as Limits from "../src/Limits.ts"
import * as ProtocolViolation from "../src/ProtocolViolation.ts"

describe("Assembler: what is a failure", () => {
  it("a broken rule and a passed limit are", () => {
    for (const violation of Object.values(ProtocolViolation.all)) assert.isTrue(isFailure(violation))
    assert.isTrue(isFailure(Limits.tooBig("maxFragments", 1, 2)))
  })

  it("nothing that an assembler gives is", () => {
    const given = ["_tag", new Uint8Array(2), { kind: "text", bytes: new Uint8Array(0) }]
    for (const element of given) assert.isFalse(isFailure(element))
  })
})
