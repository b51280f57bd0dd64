/**
 * Copies of small reads, one after the other in memory that all sockets share: a separate array for each would cost five to ten
 * times as much as copying. What was given back last is used again first.
 */

/** Reads from this size on get their own memory, since messages may become views of them. */
export const smallRead = 0x400

/** The copy of a small read keeps at most this much alive. */
const capacity = 0x4000

let memory: Uint8Array<ArrayBuffer> = new Uint8Array(0)
let end = 0

export const copy = (bytes: Uint8Array): Uint8Array => {
  if (end + bytes.length > memory.length) {
    memory = new Uint8Array(capacity)
    end = 0
  }
  const chunk = new Uint8Array(memory.buffer, end, bytes.length)
  chunk.set(bytes)
  end += bytes.length
  return chunk
}

export const holds = (chunk: Uint8Array): boolean => chunk.buffer === memory.buffer

/** Gives back a chunk that `holds`. If it was the last copy, the next one takes its place. */
export const takeBack = ({ byteLength, byteOffset }: Uint8Array): void => {
  if (byteOffset + byteLength === end) end = byteOffset
}
