/**
 * What a program may say about TLS that is not data. Each has a default that changes nothing; provide another one where
 * the connection is opened:
 *
 *     WebSocket.connect(url).pipe(Effect.provideService(TlsCheck, isOurs))
 */
import type { SecureContext } from "node:tls"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { PeerCertificate } from "./ByteStream.ts"

/** The server, or the proxy on the way to it, whose certificate is looked at. */
export interface TlsServer {
  readonly host: string
  readonly port: number
  readonly certificate: PeerCertificate
}

/**
 * A check of the program's own, on top of what `verify` and `pins` ask for: says why the server is refused, or
 * undefined. It runs before anything of the program is sent, for resumed sessions as well.
 */
export const TlsCheck = Context.Reference<(server: TlsServer) => Effect.Effect<string | undefined>>(
  "@effect-websocket/transport/TlsCheck",
  { defaultValue: () => () => Effect.undefined }
)

/**
 * A context that the program made with Node's `tls.createSecureContext`, for what `TlsOptions` cannot say. It stands for
 * every option of certificates, keys, versions and algorithms, so none of them may be given beside it. Undefined: the
 * options decide. It is asked at each dial; what it throws, as `createSecureContext` does at a certificate that cannot be
 * used, fails that dial like a certificate among the options: `bad certificate file`.
 *
 * It is asked for with each host, those of proxies and of redirects included: answer one that holds a client certificate
 * for the host alone that should see it.
 */
export const TlsContext = Context.Reference<
  (peer: { readonly host: string; readonly port: number }) => SecureContext | undefined
>("@effect-websocket/transport/TlsContext", { defaultValue: () => () => undefined })
