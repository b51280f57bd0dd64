import { assert, describe, it } from "@effect/vitest"
import { Masking, Platform, Utf8 } from "@effect-websocket/core"
import { sha1 } from "../src/Sha1.ts"

describe("Platform", () => {
  it("the pure platform is made of the forms written here", () => {
    assert.deepStrictEqual(Platform.pure, {
      sha1,
      decodeUtf8: Utf8.decode,
      validateUtf8: Utf8.validate,
      utf8Length: Utf8.byteLength,
      encodeUtf8: Utf8.encode,
      mask: Masking.mask,
      maxMessageBytes: 2 ** 29 - 24
    })
    assert.isFrozen(Platform.pure)
  })
})
