/**
 * What a Node duplex says of its state only in a roundabout way: what it has buffered, whether its end is behind that, and
 * how it ended.
 */
import { Duplex } from "node:stream"
import type { NonEmptyArray, NonEmptyReadonlyArray } from "effect/Array"

/** All that Node has buffered: up to Node 25 one chunk, from Node 26 on one per read of the kernel. */
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

/** Nothing comes behind what waits to be read. Before `end`, only an undocumented property of Node's tells. */
export const isEndGiven = (duplex: Duplex): boolean =>
  (duplex as { readonly _readableState?: { readonly ended?: boolean } })._readableState?.ended === true

/** What a duplex that is over broke with; undefined when both of its sides had come to their end. */
export const errorOf = ({ errored, readableEnded, writableFinished }: Duplex): Error | undefined =>
  errored ?? (readableEnded && writableFinished ? undefined : closedEarly)

const closedEarly = Object.assign(new Error("closed before its end"), { code: "ERR_STREAM_PREMATURE_CLOSE" })

/** Stands in for any duplex that was destroyed and answers as it would, so that holding a stream does not hold its duplex. */
export const gone = (): Duplex => {
  destroyed ??= new Duplex().destroy()
  return destroyed
}

let destroyed: Duplex | undefined
