import { assert, describe, it } from "@effect/vitest"
import { BinaryPayload } from "../src/BinaryPayload.ts"
import { PayloadBuffer } from "../src/PayloadBuffer.ts"
import { concat, hex, toHex } from "./hex.ts"
import { Random, seed } from "./random.ts"

const KiB = 0x400
const block = 64 * KiB

/** A payload, and what it asked memory for. */
const make = () => {
  const allocated: Array<number> = []
  const payload = new BinaryPayload((length) => {
    allocated.push(length)
    return new Uint8Array(length)
  })
  return { allocated, payload, total: () => allocated.reduce((sum, length) => sum + length, 0) }
}

const append = (payload: BinaryPayload, piece: Uint8Array, coming = Infinity) =>
  payload.append(piece, 0, piece.length, coming)

describe("BinaryPayload", () => {
  it("joins pieces, each a range of its read, and starts over", () => {
    const { payload } = make()
    payload.append(hex("ff0102ff"), 1, 3, Infinity)
    payload.append(hex("03"), 0, 1, Infinity)
    assert.strictEqual(payload.length, 3)
    assert.strictEqual(toHex(payload.take()), "010203")
    assert.strictEqual(payload.length, 0)
    append(payload, hex("06"), 0)
    assert.strictEqual(toHex(payload.take()), "06")
    assert.strictEqual(toHex(payload.take()), "")
  })

  it("gives even no bytes as an array of their own: the receiver may transfer it to a worker", () => {
    const { payload } = make()
    append(payload, new Uint8Array(0), 0)
    const taken = payload.take()
    structuredClone(taken, { transfer: [taken.buffer as ArrayBuffer] })
    append(payload, hex("01"), Infinity)
    assert.strictEqual(toHex(payload.take()), "01")
  })

  it(`gives what its plain form gives, whatever comes (seed ${seed})`, () => {
    const random = new Random()
    const { payload } = make()
    const plain = new PayloadBuffer()
    for (let round = 0; round < 40; round++) {
      const most = random.pick([3, 100, 3000, 100_000])
      const pieces = Array.from({ length: random.int(60) + 1 }, () => random.bytes(random.int(most)))
      // The last frame's length is known, and it may come in pieces too.
      const known = random.int(pieces.length)
      pieces.forEach((piece, i) => {
        const coming = i < known ? Infinity : concat(...pieces.slice(i + 1)).length
        append(payload, piece, coming)
        append(plain as unknown as BinaryPayload, piece, coming)
      })
      assert.strictEqual(Buffer.compare(payload.take(), plain.take()), 0)
    }
  })

  it("holds what came and a block, never what was announced", () => {
    const { payload, total } = make()
    append(payload, new Uint8Array(0), 2 ** 40)
    assert.strictEqual(total(), 0)
    append(payload, new Uint8Array(1000), 2 ** 40)
    assert.strictEqual(total(), KiB)
    append(payload, new Uint8Array(99_000), 2 ** 40)
    assert.isAtMost(total(), 100_000 + block)
  })

  it("takes the final array once as much came as is still to come, and gives it away without another copy", () => {
    const { allocated, payload } = make()
    for (let i = 1; i <= 16; i++) append(payload, new Uint8Array(block).fill(i), (16 - i) * block)
    assert.strictEqual(allocated.filter((length) => length === 16 * block).length, 1)
    const taken = payload.take()
    assert.strictEqual(allocated.filter((length) => length === 16 * block).length, 1)
    assert.deepStrictEqual([taken.length, taken[0], taken[taken.length - 1]], [16 * block, 1, 16])
  })

  it("moves no byte while nobody knows what comes: 131,000 fragments of a byte cost about the message", () => {
    const { allocated, payload, total } = make()
    for (let i = 0; i < 131_000; i++) append(payload, Uint8Array.of(i))
    assert.isAtMost(total(), 131_000 + block)
    assert.isAtMost(allocated.length, 10)
    assert.strictEqual(payload.take().length, 131_000)
  })

  it("gives away bytes that nothing else reads or writes, though blocks are used again", () => {
    const { payload } = make()
    const first = Array.from({ length: 20 }, (_, i) => new Uint8Array(block).fill(i))
    for (const piece of first) append(payload, piece)
    const taken = payload.take()
    for (let i = 0; i < 20; i++) append(payload, new Uint8Array(block).fill(0xff))
    const other = payload.take()
    assert.strictEqual(Buffer.compare(taken, concat(...first)), 0)
    assert.isTrue(other.every((octet) => octet === 0xff))
    assert.deepStrictEqual([taken.buffer.byteLength, other.buffer.byteLength], [20 * block, 20 * block])
  })
})
