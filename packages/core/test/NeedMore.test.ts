import { assert, describe, it } from "@effect/vitest"
import { needMore } from "../src/NeedMore.ts"

describe("NeedMore", () => {
  it("is one frozen value, compared by identity", () => {
    assert.strictEqual(needMore._tag, "NeedMore")
    assert.isFrozen(needMore)
  })
})
