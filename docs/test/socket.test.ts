import { createServer } from "node:http"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { assert, describe, it } from "@effect/vitest"
import { Server, ServerPeer } from "@effect-websocket/client/testing"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { HttpRouter, HttpServer } from "effect/http"
import * as Layer from "effect/Layer"
import { RpcSerialization, RpcServer } from "effect/rpc"
import * as Stream from "effect/Stream"
import { TestConsole } from "effect/testing"
import * as synchronous from "../examples/socket/constructor.ts"
import * as rpc from "../examples/socket/rpc.ts"
import * as Blocks from "./Blocks.ts"

const outputs = new Map(Blocks.of("docs/effect-socket.md").map(({ file, output }) => [file, output]))

const prints = Effect.fnUntraced(function* (program: Effect.Effect<void, unknown>, file: string) {
  yield* program
  assert.strictEqual(`${(yield* TestConsole.logLines).join("\n")}\n`, outputs.get(file))
})

const weather = RpcServer.layerHttp({ group: rpc.Weather, path: "/rpc", protocol: "websocket" }).pipe(
  Layer.provide([
    rpc.Weather.toLayer({ Now: () => Effect.succeed(21), Watch: () => Stream.make(20, 22) }),
    RpcSerialization.layerNdjson
  ]),
  (app) => HttpRouter.serve(app, { disableLogger: true, disableListenLog: true }),
  Layer.provideMerge(NodeHttpServer.layerServer(createServer, { port: 0, host: "127.0.0.1" }))
)

describe("docs/effect-socket.md", () => {
  it.effect("RPC, unary and streaming", () =>
    Effect.gen(function* () {
      const { address } = Context.get(yield* Layer.build(weather), HttpServer.HttpServer)
      const url = `${HttpServer.formatAddress(address).replace("http:", "ws:")}/rpc`
      yield* prints(rpc.program(url), "examples/socket/rpc.ts")
    })
  )

  it.effect("a WebSocket made synchronously", () =>
    Effect.gen(function* () {
      const { url } = yield* Server.serve((peer) => {
        assert.deepInclude(peer.request.headers, ["authorization", "Bearer 5e1f"])
        return ServerPeer.echo(peer)
      })
      yield* prints(synchronous.program(url), "examples/socket/constructor.ts")
    })
  )
})
