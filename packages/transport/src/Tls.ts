/**
 * TLS, as a function from byte stream to byte stream (client side, version 1.2 or newer). Node's engine does the work:
 * over our own TCP stream it takes the socket, over any other it gets a duplex made from the stream.
 */
import * as Net from "node:net"
import * as Tls from "node:tls"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ByteStream, ConnectionInfo, PeerCertificate } from "./ByteStream.ts"
import { during } from "./DialStep.ts"
import { direct, type Hop } from "./Hop.ts"
import * as ByteStreamDuplex from "./internal/ByteStreamDuplex.ts"
import * as Credentials from "./internal/Credentials.ts"
import * as NodeDuplex from "./internal/NodeDuplex.ts"
import { brokenReason } from "./internal/NodeError.ts"
import type { Destination } from "./Target.ts"
import type { TlsOptions } from "./TlsOptions.ts"
import type { TransportError } from "./TransportError.ts"

/** Whom to speak TLS with: the server at the end of a dial, or a proxy on the way there. */
export interface Peer extends Destination {
  /** Undefined leaves the stream as it is. */
  readonly tls?: TlsOptions | undefined
}

/** How to secure a connection to the peer, with its certificates read and checked: run it before anything is dialled. */
export type Prepare = (peer: Peer) => Effect.Effect<Hop, TransportError>

/** One for each `Transport`, which every dial of it uses. */
export const make = (): Prepare => (peer) =>
  peer.tls === undefined
    ? Effect.succeed(direct)
    : Effect.map(Credentials.load(peer.tls), (context) => secure(peer, peer.tls!, context))

const secure =
  (peer: Peer, options: TlsOptions, secureContext: Tls.SecureContext): Hop =>
  (stream) =>
    during(handshake(stream, { ...verification(peer, options), secureContext }), {
      report: peer.report,
      stage: "tls",
      detail: options.serverName ?? peer.host,
      outcome: ({ info }) => `${info.tls?.version} ${info.tls?.cipher}`
    })

const verification = (peer: Peer, options: TlsOptions): Tls.ConnectionOptions => {
  // The zone of an address is only known on this machine (RFC 6874 §4).
  const name = options.serverName ?? peer.host.replace(/%.*$/, "")
  return {
    host: name,
    // RFC 6066 §3: no literal addresses, and no trailing dot.
    servername: Net.isIP(name) === 0 ? name.replace(/\.$/, "") : "",
    rejectUnauthorized: options.verify !== "none",
    ...(options.verify === "full" ? {} : { checkServerIdentity: () => undefined })
  }
}

const handshake = Effect.fnUntraced(function* (
  stream: ByteStream,
  options: Tls.ConnectionOptions
): Effect.fn.Return<ByteStream, TransportError, Scope.Scope> {
  const engine = {
    ready: "secureConnect",
    info: (tls: Tls.TLSSocket) => infoOf(stream.info, tls),
    reason: brokenReason
  } as const
  // The engine's own queue holds a write until all of it is out; the queue below shows its progress.
  if (stream instanceof NodeDuplex.NodeDuplex) {
    const create = () => Tls.connect({ ...options, socket: stream.duplex })
    return yield* NodeDuplex.open({ ...engine, create, queuedBytes: stream.handleBytes })
  }
  const duplex = yield* ByteStreamDuplex.make(stream)
  const create = () => {
    const tls = Tls.connect({ ...options, socket: duplex })
    duplex.onFailure = (error) => tls.destroy(error)
    return tls
  }
  return yield* NodeDuplex.open({ ...engine, create, queuedBytes: stream.unflushedBytes })
})

/** What the handshake agreed on, for a connection over this one. */
export const infoOf = (below: ConnectionInfo, tls: Tls.TLSSocket): ConnectionInfo => ({
  ...below,
  tls: {
    version: tls.getProtocol() ?? "unknown",
    cipher: tls.getCipher().standardName,
    alpn: tls.alpnProtocol || undefined,
    authorized: tls.authorized,
    peerCertificate: certificateOf(tls)
  }
})

const certificateOf = (tls: Tls.TLSSocket): PeerCertificate | undefined => {
  const certificate = tls.getPeerX509Certificate()
  if (certificate === undefined) return undefined
  const { fingerprint256, issuer, subject, validFrom, validTo } = certificate
  return {
    // Node leaves out an empty name.
    subject: subject ?? "",
    issuer: issuer ?? "",
    validFrom: new Date(validFrom),
    validTo: new Date(validTo),
    fingerprint256
  }
}
