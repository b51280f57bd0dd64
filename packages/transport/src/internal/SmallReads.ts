/**
 * Copies of small reads, one behind the other in memory that all sockets share: an array of its own for each costs five to
 * ten times what copying does. What is given back last is the first to be used again.
 */

/** From here on messages may be views of a read that they fill, so it has memory of its own. */
export const smallRead = 0x400

/** At most so much is kept alive by the copy of a small read. */
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

/** One that it holds: the next copy takes the place of the last one. */
export const takeBack = ({ byteLength, byteOffset }: Uint8Array): void => {
  if (byteOffset + byteLength === end) end = byteOffset
}
