import { assert, describe, it } from "@effect/vitest"
import * as SpareBuffers from "../src/SpareBuffers.ts"

const allocate = (length: number) => new Uint8Array(length)

describe("SpareBuffers", () => {
  it("lends what was given back last, and new memory when there is none", () => {
    const [first, second] = [SpareBuffers.lend(allocate), SpareBuffers.lend(allocate)]
    assert.strictEqual(first.length, SpareBuffers.bytes)
    assert.notStrictEqual(first, second)
    SpareBuffers.giveBack(first)
    SpareBuffers.giveBack(second)
    assert.strictEqual(SpareBuffers.lend(allocate), second)
    assert.strictEqual(SpareBuffers.lend(allocate), first)
    assert.notInclude([first, second], SpareBuffers.lend(allocate))
  })

  it("keeps 64 of them", () => {
    for (let i = 0; i < 100; i++) SpareBuffers.giveBack(allocate(SpareBuffers.bytes))
    let made = 0
    const counting = (length: number) => {
      made += 1
      return allocate(length)
    }
    for (let i = 0; i < 100; i++) SpareBuffers.lend(counting)
    assert.strictEqual(made, 36)
  })
})
