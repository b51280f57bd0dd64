import { assert, it } from "@effect/vitest"
import { WebSocket } from "@effect-websocket/client"
import { Server, ServerPeer } from "@effect-websocket/client/testing"
import { Transport } from "@effect-websocket/transport"
import { ProxyListener } from "@effect-websocket/transport/testing"
import { ConfigProvider, Effect } from "effect"

it.live("the environment decides, when the program lets it", () =>
  Effect.gen(function* () {
    const server = yield* Server.serve(ServerPeer.echo)
    const proxy = yield* ProxyListener.make({ kind: "http" })
    const environment = ConfigProvider.fromEnvRecord({
      http_proxy: `127.0.0.1:${proxy.port}`,
      no_proxy: ".lan, 10.0.0.0/8"
    })
    yield* WebSocket.connect(`ws://chat.internal:${server.port}/`, { proxy: "environment" }).pipe(
      Effect.provideService(ConfigProvider.ConfigProvider, environment)
    )
    assert.deepStrictEqual(proxy.asked, [`chat.internal:${server.port}`])
  }).pipe(Effect.provide(Transport.layer))
)
