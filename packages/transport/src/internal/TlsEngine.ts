/**
 * A handshake by Node's TLS engine over any byte stream. The engine takes over one of our own sockets directly; for any other
 * stream it gets a duplex (`ByteStreamDuplex`). `Tls` decides how to verify and what to remember.
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
  /** Whether the options have a certificate for us. A context that the program made may have one too. */
  readonly hasCertificate: boolean
  readonly info: (tls: Tls.TLSSocket) => ConnectionInfo
  /** Adds the proxy to a reason, if the connection is to one. */
  readonly named: (reason: TransportReason) => TransportReason
  /** Gets each session that can be resumed. */
  readonly onSession: ((ticket: Uint8Array) => void) | undefined
  /** Gets each line for the key log. An error that it returns ends the connection. */
  readonly onSecret: ((line: Uint8Array) => TransportError | undefined) | undefined
}

/** The secured byte stream, and the engine's socket. */
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
      // Another handshake is refused, since nobody would check the certificate that it shows.
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

/** What the handshake agreed on, and with whom. */
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
 * What the engine runs over. `queuedBytes` asks the stream below, since the engine counts a write as queued until all of it is
 * out. The engine does not get any other duplex directly: that would destroy itself at its end, and the engine with it.
 */
const baseOf = (below: ByteStream) =>
  below instanceof NodeDuplex && below.duplex instanceof Net.Socket
    ? Effect.succeed({ duplex: below.duplex as Tls.TLSSocket, queuedBytes: () => below.handleBytes() })
    : Effect.map(ByteStreamDuplex.make(below), (duplex) => ({ duplex, queuedBytes: () => below.unflushedBytes() }))

/** The length of a record with only an alert (RFC 8446 §6), the answer to a hello that has nothing to agree on. */
const alertBytes = 7
