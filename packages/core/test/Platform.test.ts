import { assert, describe, it } from "@effect/vitest"
import * as Masking from "../src/Masking.ts"
import * as Platform from "../src/Platform.ts"
import { sha1 } from "../src/Sha1.ts"
import * as Utf8 from "../src/Utf8.ts"

describe("Platform", () => {
  it("the pure platform is made of the forms written here", () => {
    assert.include(Platform.pure, {
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
