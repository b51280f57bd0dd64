/**
 * A failure on the way to a proxy, or in TLS with it, says which one: else it would read as the server's. What the proxy
 * itself answers is `ProxyFailed`, which always does.
 */
import * as Effect from "effect/Effect"
import {
  HostNotFound,
  Refused,
  TlsFailed,
  TransportError,
  type TransportReason,
  Unreachable
} from "../../TransportError.ts"

/** The same, with failures that say so. Undefined: it is not about a proxy. */
export const of = <A, R>(
  proxy: string | undefined,
  effect: Effect.Effect<A, TransportError, R>
): Effect.Effect<A, TransportError, R> =>
  proxy === undefined
    ? effect
    : Effect.mapError(effect, ({ reason }) => new TransportError({ reason: named(proxy)(reason) }))

/** One that names a proxy already came from below. It knows no more of the dial, since an open connection may hold it. */
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
      case "TlsFailed":
        return new TlsFailed({ ...reason, proxy })
      default:
        return reason
    }
  }
