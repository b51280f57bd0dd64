/**
 * One connection in memory: the byte stream that the client gets, and the peer that a test moves by hand. Nothing
 * happens by itself: no timer, no microtask, no IO. What the peer does reaches a waiting client inside the call.
 */
import type { NonEmptyReadonlyArray } from "effect/Array"
import type * as Effect from "effect/Effect"
import type { Pull } from "effect/Pull"
import type { ByteStream, ConnectionInfo } from "../ByteStream.ts"
import type { Target } from "../Target.ts"
import { Reset, TransportError } from "../TransportError.ts"
import { Inbound } from "./Inbound.ts"
import { Outbound } from "./Outbound.ts"

/** The other end of an in-memory connection. Every function acts at once; bytes are copied both ways. */
export interface Peer {
  /** What the client dialled. */
  readonly target: Target

  /** Sends bytes, cut at these offsets; each piece reaches the client as a pull of its own. */
  readonly send: (bytes: Uint8Array, cuts?: ReadonlyArray<number>) => void
  /** Sends several chunks that reach the client in one pull. */
  readonly sendTogether: (chunks: NonEmptyReadonlyArray<Uint8Array>) => void
  /** How many bytes were sent that the client has not pulled: they grow while it does not read. */
  readonly unread: () => number
  /** Ends the peer's side: the client's pull ends with `Cause.Done` after the bytes before it. */
  readonly end: () => void
  /** Breaks the connection: `Reset` with this code (default `ECONNRESET`), on the read side after the bytes before it. */
  readonly reset: (code?: string) => void

  /** Stops taking what the client writes; the client's `writeUnsafe` is false from its high-water mark on. */
  readonly stall: () => void
  /** While stalled: takes this many bytes more, waiting ones first; what is left of an earlier allowance counts on. */
  readonly admit: (bytes: number) => void
  /** Takes all that waits, and what comes from now on. */
  readonly resume: () => void
  /** All bytes taken from the client since the last `take`, as soon as there is one; Done when no more can come. */
  readonly take: Pull<Uint8Array>
  /** All bytes taken from the client since the beginning. */
  readonly written: () => Uint8Array
  /** Succeeds once the client has ended its side and all before it was taken. Waits for ever on a broken connection. */
  readonly ended: Effect.Effect<void>

  /** Succeeds once the client's scope has closed. */
  readonly destroyed: Effect.Effect<void>
  readonly isDestroyed: () => boolean
}

export interface MemoryConnection {
  readonly stream: ByteStream
  readonly peer: Peer
  /** What the client's scope does when it closes. */
  readonly destroy: () => void
}

export interface Options {
  /** The bytes that wait when `writeUnsafe` begins to answer false. */
  readonly highWaterMark: number
  /** Whether it flows and shuts down without a fiber, as a socket does, or not, as a stream of a program's own may. */
  readonly flows: boolean
}

export const make = (target: Target, info: ConnectionInfo, { flows, highWaterMark }: Options): MemoryConnection => {
  const inbound = new Inbound()
  const outbound = new Outbound(highWaterMark)

  const stream: ByteStream = {
    pull: inbound.pull,
    ...(flows && { flow: inbound.flow, shutdownUnsafe: outbound.buffer.endUnsafe }),
    release: overwrite,
    writeUnsafe: outbound.buffer.write,
    drained: outbound.buffer.drained,
    flushed: outbound.buffer.flushed,
    unflushedBytes: outbound.buffer.unconfirmedBytes,
    shutdown: outbound.buffer.end,
    info
  }
  const peer: Peer = {
    target,
    send: (bytes, cuts = []) => {
      const offsets = [0, ...cuts, bytes.length]
      for (let i = 1; i < offsets.length; i++) inbound.send([copy(bytes.subarray(offsets[i - 1], offsets[i]))])
    },
    sendTogether: (chunks) => inbound.send(chunks.map(copy)),
    unread: () => inbound.unread(),
    end: () => inbound.end(),
    reset: (code = "ECONNRESET") => {
      const error = new TransportError({ reason: new Reset({ code }) })
      outbound.fail(error)
      inbound.end(error)
    },
    stall: () => outbound.stall(),
    admit: (bytes) => outbound.admit(bytes),
    resume: () => outbound.admit(Number.POSITIVE_INFINITY),
    take: outbound.take,
    written: outbound.written,
    ended: outbound.ended,
    destroyed: outbound.destroyed,
    isDestroyed: () => outbound.isDestroyed
  }
  const destroy = () => {
    const error = new TransportError({ reason: new Reset({}) })
    outbound.destroy(error)
    inbound.destroy(error)
  }
  return { stream, peer, destroy }
}

/** A Node Buffer's own `slice` would be a view. */
const copy = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes)

/** Overwrites released memory, as a socket's next read would, so that tests notice whoever still uses it. */
const overwrite = (chunk: Uint8Array): void => {
  chunk.fill(0xa5)
}
