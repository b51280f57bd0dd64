/**
 * What the measurements need from a WebSocket client. Every peer fills this in with the best form its public interface has;
 * nothing else about it is known outside its file.
 */
import type { Wire } from "../Frames.ts"
import type { Message } from "../Payloads.ts"

export interface Peer {
  readonly open: (url: string, options: OpenOptions) => Promise<Connection>
}

export interface OpenOptions {
  /** Offer permessage-deflate; every other workload is measured without. */
  readonly deflate: boolean
  /** Trust this authority (PEM) and no other. */
  readonly ca?: string | undefined
  /** Whether the program takes messages by the array or one at a time, where the peer has both. */
  readonly lane: Lane
  readonly sink: Sink
  /** What the connection will carry, for the raw arm: it writes and counts ready-made bytes. */
  readonly wire: Wire
}

export type Lane = "array" | "each"

/** Takes what arrives, and answers what is to be sent back at once. */
export interface Sink {
  readonly message: (message: Message) => Message | undefined
  /** As many bytes as one unit has: from the raw arm only. */
  readonly unit: () => Message | undefined
}

export interface Connection {
  /** One message now, outside every timed loop. */
  readonly send: (message: Message) => void
  /** Sends that many messages from the repeating series, never with more waiting than the peer's backpressure allows. */
  readonly sendMany: (series: ReadonlyArray<Message>, count: number, mode: SendMode) => Promise<void>
  /** The closing handshake, to its end. */
  readonly close: () => Promise<void>
}

/** For a connection that ends while it is needed: the arm ends too, with that error, instead of waiting for ever. */
export const lost = (error: unknown): void => {
  setImmediate(() => {
    throw error instanceof Error ? error : new Error(`connection error: ${error}`)
  })
}

/** Each send awaited in a loop; in batches of 64; by 100 loops at once. */
export type SendMode = "awaited" | "batched" | "fibers"

export const BATCH = 64
export const FIBERS = 100
/** Where a peer leaves the bound to its user: no more than this waits in its buffer, as in ours. */
export const HIGH_WATER_MARK = 64 * 1024
