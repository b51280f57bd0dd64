/** The embedded server, seen by clients that are not ours: raw bytes, and none. */
import { assert, describe, it } from "@effect/vitest"
import { WebSocket } from "@effect-websocket/client"
import { Server, ServerPeer } from "@effect-websocket/client/testing"
import { Transport } from "@effect-websocket/transport"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"

describe("Server", () => {
  it.live("runs the handler for each connection, all at once", () =>
    Effect.gen(function* () {
      const { url } = yield* Server.serve(ServerPeer.echo)
      const sockets = yield* Effect.forEach(["/a", "/b", "/c"], (path) => WebSocket.connect(url + path))
      yield* Effect.forEach(sockets, (socket, i) => socket.send(`hello ${i}`))
      const echoes = yield* Effect.forEach(sockets, (socket) => socket.receive)
      assert.deepStrictEqual(echoes, ["hello 0", "hello 1", "hello 2"])
    }).pipe(Effect.provide(Transport.layer))
  )

  it.live("refuses by path, with literal bytes", () =>
    Effect.gen(function* () {
      const { url } = yield* Server.serve(ServerPeer.echo, {
        refuse: ({ resourceName }) =>
          resourceName === "/private" ? "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n" : undefined
      })
      const error = yield* Effect.flip(WebSocket.connect(`${url}/private`))
      assert.deepInclude(error.reason, { _tag: "HandshakeRejected", status: 403 })
      yield* WebSocket.connect(`${url}/public`)
    }).pipe(Effect.provide(Transport.layer))
  )

  it.live("answers a request that is not one of a WebSocket with 400", () =>
    Effect.gen(function* () {
      const { port } = yield* Server.serve(ServerPeer.echo)
      const answer = yield* exchange(port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      assert.match(answer, /^HTTP\/1\.1 400 /)
    }).pipe(Effect.provide(Transport.layer))
  )

  it.live("outlives a client that leaves early and a handler that dies", () =>
    Effect.gen(function* () {
      const died = yield* Deferred.make<void>()
      const { port, url } = yield* Server.serve((peer) =>
        peer.request.resourceName === "/die"
          ? Effect.ensuring(Effect.die("a handler's mistake"), Deferred.succeed(died, undefined))
          : ServerPeer.echo(peer)
      )
      assert.strictEqual(yield* exchange(port, "GET / HT"), "")
      const socket = yield* WebSocket.connect(`${url}/die`)
      yield* Deferred.await(died)
      assert.strictEqual((yield* socket.closed).by, "network")
      yield* WebSocket.connect(`${url}/`)
    }).pipe(Effect.provide([Transport.layer, Logger.layer([])]))
  )
})

/** Sends the text, ends, and gives all that comes back. */
const exchange = Effect.fnUntraced(function* (port: number, text: string) {
  const stream = yield* Transport.use((transport) => transport.open({ host: "127.0.0.1", port, report: () => {} }))
  stream.writeUnsafe([new TextEncoder().encode(text)])
  yield* stream.shutdown
  let answer = ""
  while (true) {
    const chunks = yield* stream.pull.pipe(Effect.catchIf(Cause.isDone, () => Effect.succeed([])))
    if (chunks.length === 0) return answer
    for (const chunk of chunks) answer += new TextDecoder().decode(chunk)
  }
})
