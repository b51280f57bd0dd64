import { assert, it } from "@effect/vitest"
import { WebSocket } from "@effect-websocket/client"
import { Server, ServerPeer } from "@effect-websocket/client/testing"
import { Transport } from "@effect-websocket/transport"
import { Certificate } from "@effect-websocket/transport/testing"
import { Effect } from "effect"

it.live("the same over TLS, on a port of this machine", () =>
  Effect.gen(function* () {
    const certificate = Certificate.make({ names: ["localhost"] })
    const { port } = yield* Server.serve(ServerPeer.echo, { tls: certificate })
    const socket = yield* WebSocket.connect(`wss://localhost:${port}`, { tls: { ca: certificate.cert } })
    yield* socket.send("hello")
    assert.strictEqual(yield* socket.receive, "hello")
  }).pipe(Effect.provide(Transport.layer))
)
