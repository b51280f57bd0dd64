/**
 * The state of a Node duplex that it tells only indirectly: what it has buffered, whether the end has come, and how it ended.
 */
import { Duplex } from "node:stream"
import type { NonEmptyArray, NonEmptyReadonlyArray } from "effect/Array"

/** Takes everything that Node has buffered: up to Node 25 one chunk, from Node 26 on one for each read from the kernel. */
export const takeBuffered = (duplex: Duplex): NonEmptyReadonlyArray<Uint8Array> | undefined => {
  const first: Uint8Array | null = duplex.read()
  if (first === null) return undefined
  const chunks: NonEmptyArray<Uint8Array> = [first]
  while (duplex.readableLength > 0) {
    const next: Uint8Array | null = duplex.read()
    if (next === null) break
    chunks.push(next)
  }
  return chunks
}

/** Whether nothing comes after what is buffered. Before the event `end`, only an undocumented property tells. */
export const isEndGiven = (duplex: Duplex): boolean =>
  (duplex as { readonly _readableState?: { readonly ended?: boolean } })._readableState?.ended === true

/**
 * Whether no error can come any more. A duplex of the program may emit a `close` of its own before that, and an error after
 * it: only an undocumented property tells which one it was. A socket may still emit its `close`.
 */
export const isOver = (duplex: Duplex): boolean =>
  (duplex as { readonly _writableState?: { readonly closeEmitted?: boolean } })._writableState?.closeEmitted === true

/** The error of a duplex that is over; undefined if both sides ended in order. */
export const errorOf = ({ errored, readableEnded, writableFinished }: Duplex): Error | undefined =>
  errored ?? (readableEnded && writableFinished ? undefined : closedEarly)

const closedEarly = Object.assign(new Error("closed before its end"), { code: "ERR_STREAM_PREMATURE_CLOSE" })

/** Replaces any destroyed duplex, and answers as it would, so that holding a stream does not keep its duplex alive. */
export const gone = (): Duplex => {
  destroyed ??= new Duplex().destroy()
  return destroyed
}

let destroyed: Duplex | undefined
