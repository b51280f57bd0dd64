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

describe("ReadBuffer", () => {
  it("reads into the same memory again once the chunk was released", () => {
    const readBuffer = new ReadBuffer()
    readBuffer.onChunk = () => readBuffer.take()?.forEach(readBuffer.release, readBuffer)
    const first = read(readBuffer, bytes(100, 1))
    const second = read(readBuffer, bytes(0x10000, 2))
    assert.isTrue(first.goesOn)
    assert.strictEqual(second.memory, first.memory)
  })

  it("never touches a chunk that was not released", () => {
    const readBuffer = new ReadBuffer()
    const taken: Array<Uint8Array> = []
    readBuffer.onChunk = () => taken.push(...(readBuffer.take() ?? []))
    read(readBuffer, bytes(100, 1))
    read(readBuffer, bytes(200, 2))
    assert.deepStrictEqual(taken, [bytes(100, 1), bytes(200, 2)])
    assert.notStrictEqual(taken[0]!.buffer, taken[1]!.buffer)
  })

  it("stops reading while nobody takes, and keeps what came", () => {
    const readBuffer = new ReadBuffer()
    assert.isUndefined(readBuffer.take())
    assert.isFalse(read(readBuffer, bytes(0x10000, 1)).goesOn)
    assert.isFalse(read(readBuffer, bytes(5, 2)).goesOn)
    assert.deepStrictEqual(readBuffer.take(), [bytes(0x10000, 1), bytes(5, 2)])
    assert.isUndefined(readBuffer.take())
  })

  it("a small chunk that waits pins no buffer", () => {
    const readBuffer = new ReadBuffer()
    const { memory } = read(readBuffer, bytes(100, 1))
    assert.strictEqual(read(readBuffer, bytes(100, 2)).memory, memory)
    assert.deepStrictEqual(readBuffer.take(), [bytes(100, 1), bytes(100, 2)])
  })

  it("takes back no memory but its own, and one buffer at a time", () => {
    const readBuffer = new ReadBuffer()
    readBuffer.release(bytes(10, 1))
    const chunks: Array<Uint8Array> = []
    readBuffer.onChunk = () => chunks.push(...(readBuffer.take() ?? []))
    read(readBuffer, bytes(1, 1))
    const { memory } = read(readBuffer, bytes(1, 2))
    chunks.forEach(readBuffer.release, readBuffer)
    assert.strictEqual(readBuffer.option.buffer().buffer, chunks[0]!.buffer)
    assert.strictEqual(memory, chunks[1]!.buffer)
  })
})
