import { assert, it } from "@effect/vitest"
import { WebSocket } from "@effect-websocket/client"
import { Server, ServerPeer } from "@effect-websocket/client/testing"
import { Transport } from "@effect-websocket/transport"
import { Certificate, ProxyListener } from "@effect-websocket/transport/testing"
import { Effect, Redacted } from "effect"

it.live("TLS to the server, through SOCKS, through a proxy that speaks TLS itself", () =>
  Effect.gen(function* () {
    const certificate = Certificate.make({ names: ["chat.internal"] })
    const server = yield* Server.serve(ServerPeer.echo, { tls: certificate })
    const office = Certificate.make({ names: ["127.0.0.1"] })
    const near = yield* ProxyListener.make({ kind: "http", tls: office })
    const far = yield* ProxyListener.make({ kind: "socks5" })
    const socket = yield* WebSocket.connect(`wss://chat.internal:${server.port}/`, {
      tls: { ca: certificate.cert },
      proxy: [
        {
          url: near.url,
          tls: { ca: office.cert },
          headers: { "Proxy-Authorization": Redacted.make("Bearer 5e1f") }
        },
        far.url
      ]
    })
    assert.strictEqual(socket.info.tls?.peerCertificate?.subject, "CN=chat.internal")
    assert.deepStrictEqual(near.asked, [`127.0.0.1:${far.port}`])
    assert.deepStrictEqual(far.asked, [`chat.internal:${server.port}`])
  }).pipe(Effect.provide(Transport.layer))
)
