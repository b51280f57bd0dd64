import { assert, it } from "@effect/vitest"
import { WebSocket } from "@effect-websocket/client"
import { Server, ServerPeer } from "@effect-websocket/client/testing"
import { Transport } from "@effect-websocket/transport"
import { Certificate } from "@effect-websocket/transport/testing"
import { Effect } from "effect"

it.live("a server that lets in whom its authority knows", () =>
  Effect.gen(function* () {
    const authority = Certificate.make({ names: ["Company"], isAuthority: true })
    const certificate = Certificate.make({ names: ["localhost"], issuer: authority })
    const { cert, key } = Certificate.make({ names: ["ann"], issuer: authority })
    const { port } = yield* Server.serve(ServerPeer.echo, {
      tls: { ...certificate, ca: authority.cert, requestCert: true, rejectUnauthorized: true }
    })
    const url = `wss://localhost:${port}`
    const socket = yield* WebSocket.connect(url, { tls: { ca: authority.cert, cert, key } })
    assert.strictEqual(socket.info.tls?.verifiedName, "localhost")
    const { reason } = yield* Effect.flip(WebSocket.connect(url, { tls: { ca: authority.cert } }))
    assert.deepInclude(reason, { _tag: "TlsFailed", problem: "client certificate required" })
  }).pipe(Effect.provide(Transport.layer))
)
