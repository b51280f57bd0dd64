/**
 * Adds the proxy to failures of connecting to it, or of TLS with it. Otherwise they would look like the server's. What the
 * proxy itself answers is a `ProxyFailed`, which always names it.
 */
import * as Effect from "effect/Effect"
import {
  HostNotFound,
  Refused,
  Reset,
  TlsFailed,
  TransportError,
  type TransportReason,
  Unreachable
} from "../../TransportError.ts"

/** Adds the proxy to the Effect's failures. Undefined: it is not about a proxy. */
export const of = <A, R>(
  proxy: string | undefined,
  effect: Effect.Effect<A, TransportError, R>
): Effect.Effect<A, TransportError, R> =>
  proxy === undefined
    ? effect
    : Effect.mapError(effect, ({ reason }) => new TransportError({ reason: named(proxy)(reason) }))

/** Adds the proxy to a reason. A reason with a proxy comes from a hop below. An open connection may hold this function. */
export const named =
  (proxy: string | undefined) =>
  (reason: TransportReason): TransportReason => {
    if (proxy === undefined || ("proxy" in reason && reason.proxy !== undefined)) return reason
    switch (reason._tag) {
      case "HostNotFound":
        return new HostNotFound({ ...reason, proxy })
      case "Refused":
        return new Refused({ ...reason, proxy })
      case "Unreachable":
        return new Unreachable({ ...reason, proxy })
      case "Reset":
        return reason.code === undefined ? reason : new Reset({ ...reason, proxy })
      case "TlsFailed":
        return new TlsFailed({ ...reason, proxy })
      default:
        return reason
    }
  }
