/**
 * Two echo servers for `npm start`, on real sockets of this machine: one speaks plain TCP, the other TLS. A server
 * sends every message back, closes when it is told "please close", and keeps its path /private to itself.
 */
import { Server, type ServerPeer } from "@effect-websocket/client/testing"
import { Certificate } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"

export interface EchoServers {
  readonly plain: string
  /** By name: the certificate is for `localhost`. */
  readonly secure: string
  /** What to trust, to trust the certificate: itself. PEM. */
  readonly ca: string
}

export const echoServers = Effect.gen(function* () {
  const certificate = Certificate.make({ names: ["localhost"] })
  const plain = yield* Server.serve(echo, { refuse })
  const secure = yield* Server.serve(echo, { refuse, tls: certificate })
  const servers: EchoServers = {
    plain: `ws://localhost:${plain.port}`,
    secure: `wss://localhost:${secure.port}`,
    ca: certificate.cert
  }
  return servers
})

const echo = (peer: ServerPeer.ServerPeer): Effect.Effect<void> =>
  Effect.flatMap(peer.next, (event) => {
    if (event._tag === "End") return Effect.void
    if (event._tag !== "Message") return echo(peer)
    const answer = event.message === pleaseClose ? peer.close(1000, "as you asked") : peer.send(event.message)
    return Effect.andThen(answer, echo(peer))
  })

/** What makes an embedded server say goodbye first. */
export const pleaseClose = "please close"

const refuse = ({ resourceName }: { readonly resourceName: string }) =>
  resourceName === "/private" ? unauthorized : undefined

const unauthorized = [
  "HTTP/1.1 401 Unauthorized",
  'WWW-Authenticate: Bearer realm="echo"',
  "Content-Length: 13",
  "",
  "members only\n"
].join("\r\n")
