import { assert, describe, it } from "@effect/vitest"
import { BytesPayload } from "../src/BytesPayload.ts"
import { hex, toHex } from "./hex.ts"
import { Random, seed } from "./random.ts"

const appendAll = (payload: BytesPayload, pieces: ReadonlyArray<Uint8Array>) => {
  for (const piece of pieces) payload.append(piece, 0, piece.length, Infinity)
}

describe("BytesPayload", () => {
  it("joins a range of each read, and starts over", () => {
    const payload = new BytesPayload()
    payload.append(hex("ff0102030405ff"), 1, 6, 1)
    payload.append(hex("06ffffffffff"), 0, 1, 0)
    assert.strictEqual(payload.length, 6)
    assert.strictEqual(toHex(payload.take()), "010203040506")
    assert.strictEqual(payload.length, 0)
    assert.strictEqual(toHex(payload.take()), "")
  })

  it(`gives what was cut, message after message, as a plain array of its own (seed ${seed})`, () => {
    const random = new Random()
    const payload = new BytesPayload()
    for (let round = 0; round < 20; round++) {
      const bytes = random.bytes(20_000)
      // Some reads are all piece, some lie in a pool.
      const pieces = random.cut(bytes).map((piece) => (random.chance(2) ? Buffer.from(piece) : piece))
      appendAll(payload, pieces)
      const whole = payload.take()
      assert.deepStrictEqual(whole, bytes)
      assert.strictEqual(whole.constructor, Uint8Array)
      assert.isFalse(pieces.some((piece) => piece.buffer === whole.buffer))
    }
  })

  it("a short piece is merged although it fills its read, so that a message is not a list of its bytes", () => {
    const payload = new BytesPayload()
    for (const [length, kept] of [
      [1, false],
      [0xfff, false],
      [0x1000, true]
    ] as const) {
      const read = new Uint8Array(length).fill(1)
      appendAll(payload, [read])
      read.fill(2)
      assert.deepStrictEqual(payload.take(), new Uint8Array(length).fill(kept ? 2 : 1))
    }
  })

  it("a small piece never pins its read", () => {
    const read = new Uint8Array(0x10000)
    const payload = new BytesPayload()
    payload.append(read, 0, 0x7fff, Infinity)
    read.fill(1)
    payload.append(read, 0, 0x10000, 0)
    read.fill(2)
    const whole = payload.take()
    assert.strictEqual(whole[0x7ffe], 0, "copied when it came")
    assert.strictEqual(whole[0x7fff], 2, "kept where it lies: a read belongs to the endpoint")
    assert.strictEqual(whole.buffer.byteLength, whole.length)
  })
})
