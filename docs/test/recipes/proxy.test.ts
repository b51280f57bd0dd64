import { assert, it } from "@effect/vitest"
import { WebSocket } from "@effect-websocket/client"
import { Server, ServerPeer } from "@effect-websocket/client/testing"
import { Transport } from "@effect-websocket/transport"
import { ProxyListener } from "@effect-websocket/transport/testing"
import { Effect } from "effect"

it.live("through a SOCKS 5 proxy that knows the name, and whom it lets in", () =>
  Effect.gen(function* () {
    const server = yield* Server.serve(ServerPeer.echo)
    const credentials = { username: "ann", password: "open sesame" }
    const proxy = yield* ProxyListener.make({ kind: "socks5", credentials })
    const socket = yield* WebSocket.connect(`ws://chat.internal:${server.port}/`, {
      proxy: `socks5h://ann:open%20sesame@127.0.0.1:${proxy.port}`
    })
    yield* socket.send("hello")
    assert.strictEqual(yield* socket.receive, "hello")
    assert.deepStrictEqual(proxy.asked, [`chat.internal:${server.port}`])
  }).pipe(Effect.provide(Transport.layer))
)
