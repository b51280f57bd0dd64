/** Effect's own HTTP server on a free port, which upgrades every request to a WebSocket and hands its socket over. */
import { createServer } from "node:http"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpServer from "effect/http/HttpServer"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import type * as Socket from "effect/socket/Socket"

export const layer = Layer.fresh(NodeHttpServer.layerServer(createServer, { port: 0, host: "127.0.0.1" }))

export const urlOf = (server: HttpServer.HttpServer["Service"]) =>
  HttpServer.formatAddress(server.address).replace("http:", "ws:")

/** Runs the handler for each connection, in the scope. */
export const serve = Effect.fnUntraced(function* <E>(handle: (socket: Socket.Socket) => Effect.Effect<unknown, E>) {
  const server = Context.get(yield* Layer.build(layer), HttpServer.HttpServer)
  yield* server.serve(
    Effect.gen(function* () {
      const request = yield* HttpServerRequest.HttpServerRequest
      yield* Effect.ignore(handle(yield* request.upgrade))
      return HttpServerResponse.empty()
    })
  )
  return { server, url: urlOf(server) }
})

/** Sends every frame back. */
export const echo = (socket: Socket.Socket) =>
  Effect.scoped(
    Effect.gen(function* () {
      const { pull } = yield* socket.reader
      const writer = yield* socket.writer
      while (true) yield* writer.writeAll(yield* pull)
    })
  )
