/**
 * A byte stream over a Node duplex that a program has opened, or is opening, itself. From then on it is ours: nobody else may
 * read it, write to it or end it, and the scope destroys it.
 */
import * as Net from "node:net"
import type { Duplex } from "node:stream"
import type * as Tls from "node:tls"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ByteStream, ConnectionInfo } from "../ByteStream.ts"
import { during } from "../DialStep.ts"
import { authorityOf, type Destination } from "../Target.ts"
import type { TransportError } from "../TransportError.ts"
import * as Builtin from "./Builtin.ts"
import { openReason } from "./NodeError.ts"
import * as OpenDuplex from "./OpenDuplex.ts"
import * as ServerIdentity from "./ServerIdentity.ts"
import * as SocketInfo from "./SocketInfo.ts"
import * as TlsEngine from "./TlsEngine.ts"

/** What a program may give: a duplex, or an Effect that makes one. */
export type Source = Duplex | Effect.Effect<Duplex, TransportError, Scope.Scope>

/**
 * Waits until the duplex is open, if it is a socket that still connects. Nothing may interrupt between making the duplex and
 * giving it to the scope, since nobody else would destroy it.
 */
export const open = (
  sourceOf: () => Source,
  { host, port, report }: Destination
): Effect.Effect<ByteStream, TransportError, Scope.Scope> => {
  const opened = Effect.uninterruptibleMask((restore) => {
    const source = sourceOf()
    return Effect.flatMap(Effect.isEffect(source) ? restore(source) : Effect.succeed(source), (duplex) =>
      OpenDuplex.adopt(
        {
          create: () => duplex,
          passesOn: !(duplex instanceof Net.Socket),
          ready: readyOf(duplex),
          ...(isTls(duplex) && { info: tlsInfo }),
          reason: (error) => openReason(host, port, error)
        },
        restore
      )
    )
  })
  return during(opened, { report, stage: "socket", detail: authorityOf({ host, port }) })
}

const readyOf = (duplex: Duplex) => {
  if (isTls(duplex)) return isSecure(duplex) ? "now" : "secureConnect"
  return duplex instanceof Net.Socket && duplex.connecting ? "connect" : "now"
}

const isTls = (duplex: Duplex): duplex is Tls.TLSSocket => duplex instanceof Builtin.tls().TLSSocket

/** The server's Finished message ends a handshake. The cipher tells nothing: it is known before the certificate has come. */
const isSecure = (socket: Tls.TLSSocket) => socket.getPeerFinished() instanceof Uint8Array

const tlsInfo = (socket: Tls.TLSSocket): ConnectionInfo => {
  const verified = { chain: socket.authorized, name: undefined }
  return { ...SocketInfo.of(socket), tls: TlsEngine.infoOf(socket, ServerIdentity.shownBy(socket), verified) }
}
