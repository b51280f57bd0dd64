/**
 * TLS settings that are not data. Each has a default that changes nothing; provide another one where the connection is opened:
 *
 *     WebSocket.connect(url).pipe(Effect.provideService(TlsCheck, isOurs))
 */
import type { SecureContext } from "node:tls"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { PeerCertificate } from "./ByteStream.ts"

/** The server or proxy whose certificate is checked. */
export interface TlsServer {
  readonly host: string
  readonly port: number
  readonly certificate: PeerCertificate
}

/**
 * The program's own check, in addition to `verify` and `pins`: returns why the server is refused, or undefined. It runs before
 * any data of the program is sent, for resumed sessions too.
 */
export const TlsCheck = Context.Reference<(server: TlsServer) => Effect.Effect<string | undefined>>(
  "@effect-websocket/transport/TlsCheck",
  { defaultValue: () => () => Effect.undefined }
)

/**
 * A context that the program made with Node's `tls.createSecureContext`, for what `TlsOptions` cannot express. It replaces
 * every option about certificates, keys, versions and algorithms, so none of them may be given with it. Undefined: the options
 * decide. It is called at each dial. If it throws, as `createSecureContext` does for an unusable certificate, that dial fails
 * with `bad certificate file`, like a certificate among the options.
 *
 * It is called with each host, including those of proxies and redirects: return a context with a client certificate only for
 * the host that should see it.
 */
export const TlsContext = Context.Reference<
  (peer: { readonly host: string; readonly port: number }) => SecureContext | undefined
>("@effect-websocket/transport/TlsContext", { defaultValue: () => () => undefined })
