import { assert, describe, it } from "@effect/vitest"
import { ReadBuffer } from "../src/internal/ReadBuffer.ts"

/** What Node does: has a buffer before bytes come, fills it, tells how far, and asks for the next one at once. */
const read = (
  readBuffer: ReadBuffer,
  bytes: Uint8Array
): { readonly goesOn: boolean; readonly memory: ArrayBufferLike } => {
  const { buffer: next, callback } = readBuffer.onread()
  const buffer = next()
  buffer.set(bytes)
  const goesOn = callback(bytes.length)
  next()
  return { goesOn, memory: buffer.buffer }
}

const bytes = (length: number, value: number) => new Uint8Array(length).fill(value)

/** One whose chunks are taken as they come, and kept, or released at once. */
const taking = (releases = false) => {
  const readBuffer = new ReadBuffer()
  const taken: Array<Uint8Array> = []
  readBuffer.reader = {
    deliver: () => {
      const chunks = readBuffer.take() ?? []
      if (releases) chunks.forEach(readBuffer.release, readBuffer)
      else taken.push(...chunks)
    }
  }
  return { readBuffer, taken }
}

const repeat = (times: number, run: () => void) => {
  for (let i = 0; i < times; i++) run()
}

/** One that has read a lot. */
const busy = (releases = false) => {
  const { readBuffer, taken } = taking(releases)
  repeat(8, () => read(readBuffer, bytes(0x4000, 0)))
  taken.length = 0
  return { readBuffer, taken }
}

describe("a socket that reads little", () => {
  it("shares its memory with others, and what came is copied out of it", () => {
    const [one, other] = [taking(), taking()]
    const first = read(one.readBuffer, bytes(100, 1))
    const second = read(other.readBuffer, bytes(100, 2))
    assert.strictEqual(first.memory, second.memory)
    read(one.readBuffer, bytes(0x400, 3))
    read(other.readBuffer, bytes(0x400, 4))
    assert.deepStrictEqual(one.taken, [bytes(100, 1), bytes(0x400, 3)])
    assert.deepStrictEqual(other.taken, [bytes(100, 2), bytes(0x400, 4)])
    assert.notStrictEqual(one.taken[0]!.buffer, first.memory)
    assert.strictEqual(one.taken[1]!.buffer.byteLength, 0x400)
  })

  it("copies small reads into the same place once the last one was released, and never over one that was not", () => {
    const { readBuffer, taken } = taking()
    repeat(200, () => read(readBuffer, bytes(1000, taken.length)))
    const [first, last] = [taken[0]!, taken[199]!]
    for (const [i, chunk] of taken.entries()) assert.deepStrictEqual(chunk, bytes(1000, i))
    readBuffer.release(taken[198]!)
    readBuffer.release(first)
    read(readBuffer, bytes(10, 1))
    assert.notStrictEqual(taken[200]!.byteOffset, last.byteOffset)
    readBuffer.release(taken[200]!)
    read(readBuffer, bytes(20, 2))
    assert.strictEqual(taken[201]!.buffer, taken[200]!.buffer)
    assert.strictEqual(taken[201]!.byteOffset, taken[200]!.byteOffset)
    assert.deepStrictEqual(last, bytes(1000, 199))
  })

  it("keeps a small read that has to wait in memory of its own", () => {
    const { readBuffer } = taking()
    readBuffer.reader = { deliver: () => {} }
    assert.isFalse(read(readBuffer, bytes(100, 1)).goesOn)
    const [waiting] = readBuffer.take()!
    read(taking().readBuffer, bytes(100, 2))
    assert.strictEqual(waiting!.buffer.byteLength, 100)
    assert.deepStrictEqual(waiting, bytes(100, 1))
  })

  it("gets memory of its own after eight large reads in a row", () => {
    const { readBuffer } = taking()
    const shared = read(readBuffer, bytes(1, 1)).memory
    repeat(7, () => read(readBuffer, bytes(0x10000, 1)))
    read(readBuffer, bytes(1, 1))
    repeat(8, () => assert.strictEqual(read(readBuffer, bytes(0x4000, 1)).memory, shared))
    assert.notStrictEqual(read(readBuffer, bytes(1, 1)).memory, shared)
  })
})

describe("a socket that reads a lot", () => {
  it("reads into the same memory again once the chunk was released", () => {
    const { readBuffer } = busy(true)
    const first = read(readBuffer, bytes(0x4000, 1))
    const second = read(readBuffer, bytes(0x20000, 2))
    assert.isTrue(first.goesOn)
    assert.strictEqual(second.memory, first.memory)
    assert.notStrictEqual(second.memory, read(taking().readBuffer, bytes(1, 1)).memory)
  })

  it("gives its memory up after eight small reads in a row", () => {
    const { readBuffer } = busy(true)
    const shared = read(taking().readBuffer, bytes(1, 1)).memory
    repeat(7, () => read(readBuffer, bytes(10, 1)))
    read(readBuffer, bytes(0x4000, 1))
    repeat(8, () => assert.notStrictEqual(read(readBuffer, bytes(10, 1)).memory, shared))
    assert.strictEqual(read(readBuffer, bytes(10, 1)).memory, shared)
  })

  it("never touches a chunk that was not released", () => {
    const { readBuffer, taken } = busy()
    read(readBuffer, bytes(100, 1))
    read(readBuffer, bytes(200, 2))
    assert.deepStrictEqual(taken, [bytes(100, 1), bytes(200, 2)])
    assert.notStrictEqual(taken[0]!.buffer, taken[1]!.buffer)
  })

  it("a small chunk that waits pins no buffer", () => {
    const { readBuffer } = busy(true)
    readBuffer.reader = { deliver: () => {} }
    const { memory } = read(readBuffer, bytes(100, 1))
    assert.strictEqual(read(readBuffer, bytes(100, 2)).memory, memory)
    assert.deepStrictEqual(readBuffer.take(), [bytes(100, 1), bytes(100, 2)])
  })

  it("takes back no memory but its own, and none while it has a buffer", () => {
    const { readBuffer, taken } = busy()
    readBuffer.release(bytes(10, 1))
    const own = read(readBuffer, bytes(1, 1)).memory
    readBuffer.release(taken[0]!)
    assert.strictEqual(taken[0]!.buffer, own)
    assert.notStrictEqual(read(readBuffer, bytes(1, 2)).memory, own)
    assert.notStrictEqual(read(readBuffer, bytes(1, 3)).memory, own)
  })
})

describe("either", () => {
  for (const [name, make] of [
    ["that reads little", taking],
    ["that reads a lot", busy]
  ] as const) {
    it(`stops reading while nobody takes, says so, and keeps what came: one ${name}`, () => {
      const { readBuffer } = make()
      readBuffer.hasStopped = false
      assert.isTrue(read(readBuffer, bytes(5, 0)).goesOn)
      assert.isFalse(readBuffer.hasStopped)
      readBuffer.reader = { deliver: () => {} }
      assert.isUndefined(readBuffer.take())
      assert.isFalse(read(readBuffer, bytes(0x10000, 1)).goesOn)
      assert.isTrue(readBuffer.hasStopped)
      assert.isFalse(read(readBuffer, bytes(5, 2)).goesOn)
      assert.deepStrictEqual(readBuffer.take(), [bytes(0x10000, 1), bytes(5, 2)])
      assert.isUndefined(readBuffer.take())
    })
  }
})
