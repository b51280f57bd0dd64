/** A byte stream and what stands at its other end, so that one table of tests runs over every kind of stream. */

import type { ByteStream, TransportError } from "@effect-websocket/transport"
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Effect from "effect/Effect"
import type { Pull } from "effect/Pull"
import type * as Scope from "effect/Scope"

export interface Other {
  readonly send: (bytes: Uint8Array) => Effect.Effect<void>
  readonly end: Effect.Effect<void>
  readonly reset: Effect.Effect<void>
  /** Takes nothing more. */
  readonly stall: Effect.Effect<void>
  /** Takes at least this many bytes more, then stalls again. */
  readonly admit: (bytes: number) => Effect.Effect<void>
  readonly resume: Effect.Effect<void>
  /** Everything received, once it is at least so many bytes. */
  readonly received: (length: number) => Effect.Effect<Uint8Array>
  /** The stream has ended its write side. */
  readonly ended: Effect.Effect<void>
  /** The connection is gone, or at least the end of what the stream wrote was seen. */
  readonly closed: Effect.Effect<void>
}

export interface Pair {
  readonly stream: ByteStream
  readonly other: Other
}

export interface Kind {
  readonly name: string
  /** False where a connection can only end. */
  readonly resets?: false
  /** The stream lives in the scope that is passed, the other end in the scope of the test. */
  readonly open: (scope: Scope.Scope) => Effect.Effect<Pair, TransportError, Scope.Scope>
}

/** Pulls until there are so many bytes. */
export const pullBytes = Effect.fnUntraced(function* (
  pull: Pull<NonEmptyReadonlyArray<Uint8Array>, TransportError>,
  length: number
) {
  const bytes = new Uint8Array(length)
  let filled = 0
  while (filled < length) {
    for (const chunk of yield* pull) {
      bytes.set(chunk, filled)
      filled += chunk.length
    }
  }
  return bytes
})

/** Bytes that are different everywhere, so that a lost, doubled or moved one shows. */
export const pattern = (length: number, seed = 1): Uint8Array => {
  const words = new Uint32Array(Math.ceil(length / 4))
  let state = seed
  for (let i = 0; i < words.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    words[i] = state
  }
  return new Uint8Array(words.buffer, 0, length)
}
