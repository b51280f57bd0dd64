/**
 * A handshake by Node's TLS engine over any byte stream: over our own socket the engine takes it, over any other stream
 * it gets a duplex made from it. How to verify and what to remember, `Tls` says.
 */
import * as Net from "node:net"
import type * as Tls from "node:tls"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ByteStream, ConnectionInfo, TlsInfo } from "../ByteStream.ts"
import { TlsFailed, TransportError, type TransportReason } from "../TransportError.ts"
import * as Builtin from "./Builtin.ts"
import * as ByteStreamDuplex from "./ByteStreamDuplex.ts"
import { NodeDuplex } from "./NodeDuplex.ts"
import { openTlsReason, tlsReason } from "./NodeError.ts"
import * as OpenDuplex from "./OpenDuplex.ts"
import type * as ServerIdentity from "./ServerIdentity.ts"

export interface Handshake {
  readonly options: Tls.ConnectionOptions
  /** Whether the options give us a certificate to show; a context that the program made may have one as well. */
  readonly hasCertificate: boolean
  readonly info: (tls: Tls.TLSSocket) => ConnectionInfo
  /** Says of a connection that broke whose it was. */
  readonly named: (reason: TransportReason) => TransportReason
  /** A session that can be resumed. */
  readonly onSession: ((ticket: Uint8Array) => void) | undefined
  /** A line for a key log; what comes back ends the connection. */
  readonly onSecret: ((line: Uint8Array) => TransportError | undefined) | undefined
}

/** A byte stream that is secured, and the engine's own view of it. */
export interface Secured {
  readonly stream: NodeDuplex
  readonly tls: Tls.TLSSocket
}

export const open = Effect.fnUntraced(function* (
  below: ByteStream,
  { hasCertificate, info, named, onSecret, onSession, options }: Handshake
): Effect.fn.Return<Secured, TransportError, Scope.Scope> {
  const base = yield* baseOf(below)
  const before = base.duplex.bytesRead
  let tls!: Tls.TLSSocket
  let isShaken = false
  let showsOne = hasCertificate
  const reason = (error: Error) =>
    tlsReason(error, { hasCertificate: showsOne, isPastHello: base.duplex.bytesRead - before > alertBytes })
  const stream = yield* OpenDuplex.open({
    create: () => {
      tls = Builtin.tls().connect({ ...options, socket: base.duplex })
      showsOne ||= Object.keys(tls.getCertificate() ?? {}).length > 0
      const onFailure = (error: Error) => tls.destroy(error)
      if (base.duplex instanceof ByteStreamDuplex.ByteStreamDuplex) base.duplex.onFailure = onFailure
      return tls
    },
    ready: "secureConnect",
    info,
    reason,
    broken: (error) => named(openTlsReason(error, showsOne)),
    queuedBytes: base.queuedBytes,
    listeners: {
      // A handshake after the first: whose certificate it shows, nobody would ask.
      secure: () => {
        if (isShaken) tls.destroy(renegotiated())
        isShaken = true
      },
      ...(onSession && { session: onSession }),
      ...(onSecret && {
        keylog: (line: Uint8Array) => {
          const failure = onSecret(line)
          if (failure !== undefined) tls.destroy(failure)
        }
      })
    }
  })
  return { stream, tls }
})

/** What a handshake agreed on, and whom it was with. */
export const infoOf = (
  tls: Tls.TLSSocket,
  shown: ServerIdentity.Shown | undefined,
  verified: { readonly chain: boolean; readonly name: string | undefined }
): TlsInfo => ({
  version: tls.getProtocol() ?? "unknown",
  cipher: tls.getCipher().standardName,
  alpn: tls.alpnProtocol || undefined,
  authorized: verified.chain,
  verifiedName: verified.name,
  resumed: tls.isSessionReused(),
  peerCertificate: shown?.described
})

const renegotiated = () =>
  new TransportError({ reason: new TlsFailed({ problem: "renegotiation", detail: "It asked for one over TLS 1.2" }) })

/**
 * The engine's own queue holds a write until all of it is out; the queue below it shows its progress. A duplex that is no
 * socket would destroy itself at its end, and the engine with it (`ByteStreamDuplex`).
 */
const baseOf = (below: ByteStream) =>
  below instanceof NodeDuplex && below.duplex instanceof Net.Socket
    ? Effect.succeed({ duplex: below.duplex as Tls.TLSSocket, queuedBytes: () => below.handleBytes() })
    : Effect.map(ByteStreamDuplex.make(below), (duplex) => ({ duplex, queuedBytes: () => below.unflushedBytes() }))

/** A record with an alert and nothing more (RFC 8446 §6): what answers a hello that there is nothing to agree on. */
const alertBytes = 7
