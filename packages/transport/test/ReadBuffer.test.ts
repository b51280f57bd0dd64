import { assert, describe, it } from "@effect/vitest"
import { ReadBuffer } from "../src/internal/ReadBuffer.ts"

/** What Node does: asks for the buffer, fills it, tells how far. */
const read = (
  readBuffer: ReadBuffer,
  bytes: Uint8Array
): { readonly goesOn: boolean; readonly memory: ArrayBufferLike } => {
  const buffer = readBuffer.option.buffer()
  buffer.set(bytes)
  return { goesOn: readBuffer.option.callback(bytes.length), memory: buffer.buffer }
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
  it("shares its memory with others, once what came was released", () => {
    const [one, other] = [taking(true), taking(true)]
    const first = read(one.readBuffer, bytes(100, 1))
    const second = read(other.readBuffer, bytes(100, 2))
    assert.strictEqual(first.memory, second.memory)
  })

  it("never touches a chunk that was not released", () => {
    const [one, other] = [taking(), taking(true)]
    const { memory } = read(one.readBuffer, bytes(100, 1))
    assert.notStrictEqual(read(other.readBuffer, bytes(100, 2)).memory, memory)
    assert.notStrictEqual(read(one.readBuffer, bytes(100, 3)).memory, memory)
    assert.deepStrictEqual(one.taken, [bytes(100, 1), bytes(100, 3)])
  })

  it("gives what is kept for long in memory that it fills", () => {
    const readBuffer = new ReadBuffer()
    let own: Uint8Array | undefined
    readBuffer.reader = {
      deliver: () => {
        own = readBuffer.own(readBuffer.take()![0]!)
      }
    }
    const { memory } = read(readBuffer, bytes(100, 1))
    assert.strictEqual(read(taking(true).readBuffer, bytes(100, 2)).memory, memory)
    assert.deepStrictEqual(own, bytes(100, 1))
    assert.strictEqual(own!.buffer.byteLength, 100)
  })

  it("a small chunk that waits pins no buffer, and a large one is not copied", () => {
    const readBuffer = new ReadBuffer()
    readBuffer.reader = { deliver: () => {} }
    const { memory } = read(readBuffer, bytes(100, 1))
    assert.strictEqual(read(readBuffer, bytes(0x8000, 2)).memory, memory)
    const [small, large] = readBuffer.take()!
    assert.deepStrictEqual([small, large], [bytes(100, 1), bytes(0x8000, 2)])
    assert.strictEqual(large!.buffer, memory)
    assert.notStrictEqual(read(taking(true).readBuffer, bytes(1, 3)).memory, memory)
    assert.strictEqual(readBuffer.own(large!), large)
  })

  it("gets memory of its own after eight large reads in a row", () => {
    const { readBuffer } = taking(true)
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
    assert.notStrictEqual(second.memory, read(taking(true).readBuffer, bytes(1, 1)).memory)
  })

  it("gives its memory up after eight small reads in a row", () => {
    const { readBuffer } = busy(true)
    const shared = read(taking(true).readBuffer, bytes(1, 1)).memory
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

  it("takes back no memory but its own, and one buffer at a time", () => {
    const { readBuffer, taken } = busy()
    readBuffer.release(bytes(10, 1))
    read(readBuffer, bytes(1, 1))
    const { memory } = read(readBuffer, bytes(1, 2))
    taken.forEach(readBuffer.release, readBuffer)
    assert.strictEqual(readBuffer.option.buffer().buffer, taken[0]!.buffer)
    assert.strictEqual(memory, taken[1]!.buffer)
  })
})

describe("either", () => {
  for (const [name, make] of [
    ["that reads little", taking],
    ["that reads a lot", busy]
  ] as const) {
    it(`stops reading while nobody takes, and keeps what came: one ${name}`, () => {
      const { readBuffer } = make()
      readBuffer.reader = { deliver: () => {} }
      assert.isUndefined(readBuffer.take())
      assert.isFalse(read(readBuffer, bytes(0x10000, 1)).goesOn)
      assert.isFalse(read(readBuffer, bytes(5, 2)).goesOn)
      assert.deepStrictEqual(readBuffer.take(), [bytes(0x10000, 1), bytes(5, 2)])
      assert.isUndefined(readBuffer.take())
    })
  }
})
