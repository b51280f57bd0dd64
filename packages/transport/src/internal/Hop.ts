/**
 * What a dial is piped together from: something that connects, and hops, each of which turns the byte stream below it
 * into the one above. TLS is a hop, a tunnel through a proxy is one. `Transport` has the pipe.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ByteStream } from "../ByteStream.ts"
import type { Destination } from "../Target.ts"
import type { TransportError } from "../TransportError.ts"

/**
 * The first byte stream of a dial, in its scope: a connection that no other one carries. One that fails, or is interrupted,
 * leaves nothing in the scope. `carriesTls` when the hop right above it is TLS: Node's engine then takes the socket's reads
 * itself.
 */
export type Connect = (
  destination: Destination,
  carriesTls: boolean
) => Effect.Effect<ByteStream, TransportError, Scope.Scope>

/** A byte stream over a byte stream, in the same scope. */
export type Hop = (below: ByteStream) => Effect.Effect<ByteStream, TransportError, Scope.Scope>

/** The hop that adds nothing. */
export const direct: Hop = Effect.succeed
