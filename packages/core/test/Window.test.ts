import { assert, describe, it } from "@effect/vitest"
import { Window } from "../src/Window.ts"
import { concat, hex, toHex } from "./hex.ts"
import { Random, seed } from "./random.ts"

const bytesOf = (window: Window) => {
  const bytes = new Uint8Array(window.length)
  window.copyTo(bytes, 0)
  return bytes
}

describe("Window", () => {
  it("begins empty, and holds no memory until bytes come", () => {
    const window = new Window(15)
    assert.strictEqual(window.length, 0)
    assert.strictEqual(toHex(bytesOf(window)), "")
  })

  it("keeps a copy of what comes, oldest first", () => {
    const window = new Window(8)
    const bytes = hex("010203")
    window.push(bytes)
    bytes.fill(0xff)
    window.push(hex(""))
    window.push(hex("04"))
    assert.strictEqual(toHex(bytesOf(window)), "01020304")
  })

  it("writes behind an offset and nothing else", () => {
    const window = new Window(8)
    window.push(new Uint8Array(300).fill(1))
    const target = new Uint8Array(260)
    window.copyTo(target, 2)
    assert.deepStrictEqual(target, concat(hex("0000"), new Uint8Array(256).fill(1), hex("0000")))
  })

  it("clear forgets, and what comes then begins anew", () => {
    const window = new Window(8)
    window.push(new Uint8Array(300).fill(1))
    window.clear()
    assert.strictEqual(window.length, 0)
    window.push(hex("02"))
    assert.strictEqual(toHex(bytesOf(window)), "02")
  })

  for (const bits of [8, 9, 15]) {
    it(`holds the last 2^${bits} bytes, however they come (seed ${seed})`, () => {
      const random = new Random()
      const size = 1 << bits
      const window = new Window(bits)
      let all: Uint8Array = new Uint8Array(0)
      for (const length of [size - 1, 1, 1, size, size + 1, 2 * size, 3 * size + 7, 0, size >> 1, size >> 1]) {
        const output = random.bytes(length)
        window.push(output)
        all = concat(all, output)
        assert.deepStrictEqual(bytesOf(window), all.slice(-size), `${length}`)
      }
      for (let round = 0; round < 200; round++) {
        const output = random.bytes(random.int(random.pick([2, 40, size >> 4, 2 * size])))
        window.push(output)
        all = concat(all, output).slice(-size)
        assert.strictEqual(window.length, size)
        assert.isTrue(Buffer.from(all).equals(bytesOf(window)), `round ${round}`)
      }
    })
  }
})
