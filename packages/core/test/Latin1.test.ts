import { assert, describe, it } from "@effect/vitest"
import * as Latin1 from "../src/Latin1.ts"

describe("Latin1", () => {
  const bytes = Uint8Array.from({ length: 0x100 }, (_, byte) => byte)
  const text = Buffer.from(bytes).toString("latin1")

  it("every byte is one character", () => {
    assert.strictEqual(Latin1.decode(bytes, 0, 0x100), text)
    assert.deepStrictEqual(Latin1.encode(text), bytes)
  })

  it("decodes from `start` to `end`", () => {
    assert.strictEqual(Latin1.decode(bytes, 0x41, 0x44), "ABC")
    assert.strictEqual(Latin1.decode(bytes, 0x41, 0x41), "")
  })
})
