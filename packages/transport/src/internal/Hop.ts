/**
 * The parts of a dial: something that connects, and hops, each of which makes a byte stream over the one below it. TLS is a
 * hop, and so is a tunnel through a proxy. `Transport` puts them together.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ByteStream } from "../ByteStream.ts"
import type { Destination } from "../Target.ts"
import type { TransportError } from "../TransportError.ts"

/**
 * Opens the lowest byte stream of a dial, in the scope. If it fails or is interrupted, it leaves nothing in the scope.
 * `carriesTls` says that the next hop is TLS: Node's engine then reads from the socket itself.
 */
export type Connect = (
  destination: Destination,
  carriesTls: boolean
) => Effect.Effect<ByteStream, TransportError, Scope.Scope>

/** Makes a byte stream over the one below, in the same scope. */
export type Hop = (below: ByteStream) => Effect.Effect<ByteStream, TransportError, Scope.Scope>

/** The hop that adds nothing. */
export const direct: Hop = Effect.succeed
