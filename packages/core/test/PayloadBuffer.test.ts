import { assert, describe, it } from "@effect/vitest"
import { PayloadBuffer } from "../src/PayloadBuffer.ts"
import { concat, hex, toHex } from "./hex.ts"
import { Random, seed } from "./random.ts"

const capacity = (buffer: PayloadBuffer) => buffer.view().buffer.byteLength
const append = (buffer: PayloadBuffer, piece: Uint8Array, coming = Infinity) =>
  buffer.append(piece, 0, piece.length, coming)

describe("PayloadBuffer", () => {
  it("joins pieces, each a range of its read", () => {
    const buffer = new PayloadBuffer()
    buffer.append(hex("ff0102ff"), 1, 3, 3)
    buffer.append(hex("03"), 0, 1, 2)
    assert.strictEqual(toHex(buffer.view()), "010203")
    buffer.append(hex("0405"), 0, 2, 0)
    assert.strictEqual(buffer.length, 5)
    assert.strictEqual(toHex(buffer.take()), "0102030405")
    assert.strictEqual(buffer.length, 0)
    append(buffer, hex("06"))
    assert.strictEqual(toHex(buffer.take()), "06")
  })

  it("gives even no bytes as an array of their own: the receiver may transfer it to a worker", () => {
    const buffer = new PayloadBuffer()
    append(buffer, new Uint8Array(0))
    const taken = buffer.take()
    structuredClone(taken, { transfer: [taken.buffer as ArrayBuffer] })
    append(buffer, hex("01"))
    assert.strictEqual(toHex(buffer.take()), "01")
  })

  it("grows with what came, never with what was announced", () => {
    const buffer = new PayloadBuffer()
    append(buffer, new Uint8Array(0), 2 ** 40)
    assert.strictEqual(capacity(buffer), 0)
    append(buffer, new Uint8Array(1000), 2 ** 40)
    assert.strictEqual(capacity(buffer), 2000)
  })

  it("takes no more than what was announced", () => {
    const buffer = new PayloadBuffer()
    append(buffer, new Uint8Array(1000), 24)
    assert.strictEqual(capacity(buffer), 1024)
    append(buffer, new Uint8Array(24), 0)
    const { buffer: memory } = buffer.view()
    assert.strictEqual(buffer.take().buffer, memory, "given away without another copy")
    assert.strictEqual(memory.byteLength, 1024)
  })

  it(`holds at most twice its bytes, and a read when so much is announced, whatever comes (seed ${seed})`, () => {
    const random = new Random()
    for (let round = 0; round < 20; round++) {
      const buffer = new PayloadBuffer()
      const pieces = Array.from({ length: 200 }, () => random.bytes(random.int(random.pick([2, 100, 3000]))))
      for (const piece of pieces) {
        const coming = random.pick([0, 1, 5000, Infinity])
        const before = capacity(buffer)
        append(buffer, piece, coming)
        const bound = coming === Infinity ? Math.max(buffer.length * 2, 0x400) : buffer.length * 2 + 0x10000
        assert.isAtMost(capacity(buffer), Math.max(bound, before))
      }
      assert.deepStrictEqual(buffer.take(), concat(...pieces))
    }
  })

  it("moves its bytes a few times only, however small the pieces: 65,537 of 64 bytes", () => {
    const buffer = new PayloadBuffer()
    const piece = new Uint8Array(64)
    const arrays = new Set<ArrayBufferLike>()
    for (let i = 0; i < 65_537; i++) {
      append(buffer, piece)
      arrays.add(buffer.view().buffer)
    }
    assert.isAtMost(arrays.size, 13) // 1 KiB doubled to 8 MiB
  })

  it("gives away plain bytes that nothing else reads or writes, with little spare", () => {
    const buffer = new PayloadBuffer()
    for (const length of [1, 899, 1023, 5000, 8000]) {
      const read = Buffer.alloc(length, 7)
      append(buffer, read)
      const taken = buffer.take()
      read.fill(8)
      append(buffer, read)
      buffer.clear()
      assert.strictEqual(taken.constructor, Uint8Array)
      assert.deepStrictEqual(taken, new Uint8Array(length).fill(7))
      assert.isAtMost(taken.buffer.byteLength, length * 1.125)
    }
  })

  it("rewind starts over in the same memory", () => {
    const buffer = new PayloadBuffer()
    append(buffer, hex("010203"))
    const { buffer: memory } = buffer.view()
    buffer.rewind()
    assert.strictEqual(buffer.length, 0)
    append(buffer, hex("04"))
    assert.strictEqual(buffer.view().buffer, memory)
    assert.strictEqual(toHex(buffer.take()), "04")
  })

  it("copy gives a range of a read in an array of its own", () => {
    const read = Buffer.from([1, 2, 3, 4])
    const own = PayloadBuffer.copy(read, 1, 3, (length) => new Uint8Array(length))
    read.fill(9)
    assert.deepStrictEqual([own, own.buffer.byteLength], [Uint8Array.of(2, 3), 2])
  })

  it("clear forgets", () => {
    const buffer = new PayloadBuffer()
    append(buffer, hex("0102"))
    buffer.clear()
    assert.deepStrictEqual([buffer.length, capacity(buffer), buffer.take().length], [0, 0, 0])
  })
})
