/**
 * Garbage on purpose, so that the memory of payloads is freed in time.
 *
 * V8 counts the bytes of arrays, but begins a collection of its young generation by the size of the objects alone: some
 * 300 bytes for an array of a MiB. A program that is given large arrays and drops them fills 64 MiB of them long before
 * the young generation, and at that mark V8 walks through the whole heap instead, each time (`--trace-gc` shows
 * Mark-Compact). With half of the bytes in objects that nobody holds, the young generation is full first, and collecting
 * it costs next to nothing. docs/decisions.md says what that saves.
 */

/** To be called when an array of so many bytes is made for a payload. */
export const add = (bytes: number): void => {
  for (let slots = bytes >> bytesPerSlot; slots > 0; slots -= most) last = new Array(Math.min(slots, most))
}

/** Half of the bytes, in slots of eight. */
const bytesPerSlot = 4

/** 64 KiB: larger objects do not begin their life in the young generation's own pages. */
const most = 0x2000

/** Exported, so that V8 cannot leave the allocation out. */
export let last: ReadonlyArray<unknown> = []
