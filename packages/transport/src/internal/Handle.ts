/**
 * How many bytes of a socket the kernel has taken: libuv's counters, behind an undocumented property that Node's own socket
 * timeout relies on. A duplex that is not a socket has none.
 */
import type { Duplex } from "node:stream"

export interface Handle {
  readonly bytesWritten: number
  readonly writeQueueSize: number
}

export const of = (duplex: Duplex): Handle | undefined => {
  const { _handle: handle } = duplex as { readonly _handle?: Partial<Handle> | null }
  return typeof handle?.bytesWritten === "number" && typeof handle.writeQueueSize === "number"
    ? (handle as Handle)
    : undefined
}
