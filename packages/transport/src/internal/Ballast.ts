/**
 * Makes garbage on purpose, so that V8 frees the memory of payloads cheaply.
 *
 * V8 starts a collection of its young generation when the objects there fill it, but a byte array of 1 MiB is an object of only
 * about 300 bytes. So a program that gets large arrays and drops them reaches 64 MiB of array bytes long before the young
 * generation is full. At that mark V8 collects the whole heap instead, each time (`--trace-gc` shows Mark-Compact). Objects of
 * half the size of the arrays, which nobody holds, fill the young generation first, and collecting that costs next to nothing.
 * docs/decisions.md says what this saves.
 */

/** Call this when an array of this many bytes is made for a payload. */
export const add = (bytes: number): void => {
  for (let slots = bytes >> bytesPerSlot; slots > 0; slots -= most) last = new Array(Math.min(slots, most))
}

/** As a shift: half of the bytes, in slots of 8 bytes. */
const bytesPerSlot = 4

/** 64 KiB: larger objects are not made in the young generation's own pages. */
const most = 0x2000

/** Exported, so that V8 cannot optimise the allocation away. */
export let last: ReadonlyArray<unknown> = []
