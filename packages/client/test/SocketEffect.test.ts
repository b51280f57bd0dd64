/** What is built on effect/socket, over our connections, against Effect's own server. */
import { assert, describe, it } from "@effect/vitest"
import * as Adapter from "@effect-websocket/client/Socket"
import { Transport } from "@effect-websocket/transport"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import { DevTools, DevToolsServer } from "effect/devtools"
import * as Effect from "effect/Effect"
import { HttpRouter, HttpServer } from "effect/http"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import { Rpc, RpcClient, RpcGroup, RpcSerialization, RpcServer } from "effect/rpc"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Socket, SocketServer } from "effect/socket"
import { leavesNothing } from "./left.ts"
import * as NodeHttp from "./nodeHttp.ts"

/** Both ways to one server: our socket, and Effect's socket over our WebSocket. */
const ways: Record<string, (url: string) => Layer.Layer<Socket.Socket>> = {
  "our socket": (url) => Layer.provide(Adapter.layer(url), Transport.layer),
  "Effect's socket over our constructor": (url) =>
    Socket.layerWebSocket(url).pipe(Layer.provide(Adapter.layerWebSocketConstructor()), Layer.provide(Transport.layer))
}

class Numbers extends RpcGroup.make(
  Rpc.make("Double", { payload: { n: Schema.Number }, success: Schema.Number }),
  Rpc.make("Refuse", { error: Schema.String }),
  Rpc.make("Count", { payload: { to: Schema.Number }, success: Schema.Number, stream: true })
) {}

const handlers = Numbers.toLayer({
  Double: ({ n }) => Effect.succeed(n * 2),
  Refuse: () => Effect.fail("no"),
  Count: ({ to }) => Stream.range(1, to)
})

const rpcServer = RpcServer.layerHttp({ group: Numbers, path: "/rpc", protocol: "websocket" }).pipe(
  Layer.provide([handlers, RpcSerialization.layerNdjson]),
  (app) => HttpRouter.serve(app, { disableLogger: true, disableListenLog: true }),
  Layer.provideMerge(NodeHttp.layer)
)

for (const [way, socketAt] of Object.entries(ways)) {
  describe(way, () => {
    it.live("RPC: unary, failing and streaming calls, many at once", () =>
      leavesNothing(
        Effect.gen(function* () {
          const server = Context.get(yield* Layer.build(rpcServer), HttpServer.HttpServer)
          const protocol = RpcClient.layerProtocolSocket().pipe(
            Layer.provide([socketAt(`${NodeHttp.urlOf(server)}/rpc`), RpcSerialization.layerNdjson])
          )
          const client = yield* Effect.provideContext(RpcClient.make(Numbers), yield* Layer.build(protocol))
          assert.strictEqual(yield* client.Double({ n: 21 }), 42)
          assert.strictEqual(yield* Effect.flip(client.Refuse()), "no")
          assert.deepStrictEqual(yield* Stream.runCollect(client.Count({ to: 5 })), [1, 2, 3, 4, 5])
          const sum = yield* Stream.runFold(
            client.Count({ to: 5000 }),
            () => 0,
            (total, n) => total + n
          )
          assert.strictEqual(sum, 12_502_500)
          const many = Array.from({ length: 100 }, (_, n) => client.Double({ n }))
          const doubled = yield* Effect.all(many, { concurrency: "unbounded" })
          assert.deepStrictEqual(
            doubled,
            Array.from({ length: 100 }, (_, n) => n * 2)
          )
        })
      )
    )

    it.live("DevTools: spans of the program reach the tools", () =>
      leavesNothing(
        Effect.gen(function* () {
          const named = yield* Deferred.make<string>()
          const handler = yield* Deferred.make<(socket: Socket.Socket) => Effect.Effect<unknown, unknown>>()
          const { server, url } = yield* NodeHttp.serve((socket) =>
            Effect.flatMap(Deferred.await(handler), (handle) => handle(socket))
          )
          // The tools want a server of sockets: here those of the HTTP server.
          const sockets = SocketServer.SocketServer.of({
            address: server.address,
            run: (handle) =>
              Effect.contextWith((context) =>
                Effect.andThen(
                  Deferred.succeed(handler, (socket) => Effect.provideContext(handle(socket), context as never)),
                  Effect.never
                )
              )
          })
          yield* DevToolsServer.run(({ queue }) =>
            Effect.forever(
              Effect.flatMap(Queue.take(queue), (request) =>
                request._tag === "Span" && request.name === "checkout"
                  ? Deferred.succeed(named, request.name)
                  : Effect.void
              )
            )
          ).pipe(Effect.provideService(SocketServer.SocketServer, sockets), Effect.forkScoped)
          yield* Effect.void.pipe(
            Effect.withSpan("checkout"),
            Effect.andThen(Deferred.await(named)),
            Effect.provide(Layer.provide(DevTools.layerSocket, socketAt(url)))
          )
          assert.strictEqual(yield* Deferred.await(named), "checkout")
        })
      )
    )

    it.live("channels and streams: text, bytes and a close at the end", () =>
      leavesNothing(
        Effect.gen(function* () {
          const { url } = yield* NodeHttp.serve(NodeHttp.echo)
          const socket = Context.get(yield* Layer.build(socketAt(url)), Socket.Socket)
          const texts = Stream.make("one", "two", "three").pipe(
            Stream.concat(Stream.never),
            Stream.pipeThroughChannel(Socket.toChannelString(socket)),
            Stream.take(3)
          )
          assert.deepStrictEqual(yield* Stream.runCollect(texts), ["one", "two", "three"])
          const bytes = Stream.make<[Uint8Array]>(Uint8Array.of(1, 2)).pipe(
            Stream.concat(Stream.never),
            Stream.pipeThroughChannel(Socket.toChannel(socket)),
            Stream.take(1)
          )
          assert.deepStrictEqual(yield* Stream.runCollect(bytes), [Uint8Array.of(1, 2)])
          const closing = Stream.make<[string | Socket.CloseEvent]>("last").pipe(
            Stream.concat(Stream.make(new Socket.CloseEvent(4000, "done"))),
            Stream.concat(Stream.never),
            Stream.pipeThroughChannel(Socket.toChannelString(socket)),
            Stream.runDrain
          )
          const ended = yield* Effect.flip(closing)
          assert.deepInclude(ended.reason, { _tag: "SocketCloseError", code: 4000 })
        })
      )
    )

    it.live("a server that closes is told by its code and reason", () =>
      leavesNothing(
        Effect.gen(function* () {
          const { url } = yield* NodeHttp.serve((socket) =>
            Effect.scoped(
              Effect.gen(function* () {
                const { pull } = yield* socket.reader
                const writer = yield* socket.writer
                yield* writer.write("hello")
                yield* writer.write(new Socket.CloseEvent(4001, "restart"))
                while (true) yield* pull
              })
            )
          )
          const socket = Context.get(yield* Layer.build(socketAt(url)), Socket.Socket)
          const heard: Array<string | Uint8Array> = []
          const listening = Effect.gen(function* () {
            const { pull } = yield* socket.reader
            while (true) heard.push(...(yield* pull))
          })
          const { reason } = yield* Effect.flip(Effect.scoped(listening))
          assert.deepStrictEqual(heard, ["hello"])
          assert.deepInclude(reason, { _tag: "SocketCloseError", code: 4001, closeReason: "restart" })
        })
      )
    )
  })
}
