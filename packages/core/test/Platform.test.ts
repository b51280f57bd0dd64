import { assert, describe, it } from "@effect/vitest"
import * as Compression from "../src/Compression.ts"
import * as Inflate from "../src/Inflate.ts"
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
      deflater: Compression.storing,
      inflater: Inflate.inflater,
      maxMessageBytes: 2 ** 29 - 24
    })
    assert.isFrozen(Platform.pure)
  })

  it("allocates plain arrays, each with memory of its own", () => {
    const [first, second] = [Platform.pure.allocate(3), Platform.pure.allocate(3)]
    assert.deepStrictEqual([first.constructor, first.length, first.buffer.byteLength], [Uint8Array, 3, 3])
    assert.notStrictEqual(first.buffer, second.buffer)
  })
})
