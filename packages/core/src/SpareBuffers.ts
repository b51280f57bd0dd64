/**
 * The first buffers of frame encoders, lent to one encoder after the other: most connections send little and seldom, so they
 * need only as many buffers as connections write in one turn of the event loop. The buffer that was given back last is lent
 * next, since it is still in the CPU's caches. Its old contents are overwritten before it is sent.
 */
import type { Platform } from "./Platform.ts"

/** 1 KiB. */
export const bytes = 0x400

export const lend = (allocate: Platform["allocate"]): Uint8Array => spares.pop() ?? allocate(bytes)

/** Call this only when nobody reads the buffer any more. */
export const giveBack = (buffer: Uint8Array): void => {
  if (spares.length < most) spares.push(buffer)
}

const spares: Array<Uint8Array> = []

/** 64 KiB in all. */
const most = 64
