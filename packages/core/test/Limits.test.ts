import { assert, describe, it } from "@effect/vitest"
import * as Limits from "../src/Limits.ts"

describe("Limits", () => {
  it("the defaults are 1 MiB per message and per frame, and 1,024 fragments with one more per 16 bytes", () => {
    assert.deepStrictEqual(Limits.defaults, {
      maxMessageBytes: 1024 * 1024,
      maxFrameBytes: 1024 * 1024,
      maxFragments: 1024
    })
    assert.strictEqual(Limits.bytesPerExtraFragment, 16)
    assert.isFrozen(Limits.defaults)
  })

  it("MessageTooBig says which limit was passed, its value, what was seen, and closes with 1009", () => {
    assert.deepStrictEqual(Limits.tooBig("maxFrameBytes", 10, 11), {
      _tag: "MessageTooBig",
      limit: "maxFrameBytes",
      allowed: 10,
      seen: 11,
      closeCode: 1009
    })
    assert.isFrozen(Limits.tooBig("maxFragments", 1, 2))
  })
})
