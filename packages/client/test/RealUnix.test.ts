/** Unix sockets, with `ws` behind them: messages come back, and what fails says where it was looked for. */
import { mkdtempSync, rmSync } from "node:fs"
import { createServer, type IncomingMessage } from "node:http"
import { createServer as createTlsServer } from "node:https"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { ConnectError, WebSocket } from "@effect-websocket/client"
import { Transport } from "@effect-websocket/transport"
import { Certificate } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { WebSocketServer } from "ws"
import { comeBack, messages } from "./interop.ts"
import { leavesNothing } from "./left.ts"

const certificate = Certificate.make({ names: ["localhost"] })

const freePath = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "effect-websocket-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
  ),
  (folder) => join(folder, "socket")
)

/** An echo server on the path; `requests` are those that it got. */
const echoing = Effect.fnUntraced(function* (path: string, secure: boolean) {
  const requests: Array<IncomingMessage> = []
  const http = secure ? createTlsServer(certificate) : createServer()
  const server = new WebSocketServer({ server: http, maxPayload: 0 })
  server.on("connection", (peer, request) => {
    requests.push(request)
    peer.on("message", (data, isBinary) => peer.send(data, { binary: isBinary }))
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => {
      http.listen(path, () => resume(Effect.void))
    }),
    () =>
      Effect.callback<void>((resume) => {
        for (const peer of server.clients) peer.terminate()
        server.close(() => http.close(() => resume(Effect.void)))
      })
  )
  return requests
})

const live = <E>(name: string, test: () => Effect.Effect<void, E, Scope.Scope | Transport>) =>
  it.live(name, () => leavesNothing(test()).pipe(Effect.provide(Transport.layer)))

describe("a unix socket", () => {
  for (const secure of [false, true]) {
    live(`${secure ? "wss" : "ws"}+unix: messages come back, and the server is called localhost`, () =>
      Effect.gen(function* () {
        const path = yield* freePath
        const requests = yield* echoing(path, secure)
        const scheme = secure ? "wss+unix" : "ws+unix"
        const socket = yield* WebSocket.connect(`${scheme}:${path}:/chat?a=b`, { tls: { ca: certificate.cert } })
        yield* comeBack(socket, messages)
        assert.strictEqual(requests[0]!.headers.host, "localhost")
        assert.strictEqual(requests[0]!.url, "/chat?a=b")
        assert.strictEqual(socket.url, `${scheme}:${path}:/chat`)
        assert.deepInclude(socket.info, { local: undefined, remote: undefined })
        assert.isTrue((yield* socket.close()).clean)
      })
    )
  }

  live("another name for the server", () =>
    Effect.gen(function* () {
      const path = yield* freePath
      const requests = yield* echoing(path, false)
      yield* WebSocket.connect(`ws+unix:${path}`, { host: "app.internal" })
      assert.strictEqual(requests[0]!.headers.host, "app.internal")
    })
  )

  live("that is not there", () =>
    Effect.gen(function* () {
      const path = yield* freePath
      const error = yield* Effect.flip(WebSocket.connect(`ws+unix:${path}`))
      assert.instanceOf(error, ConnectError)
      assert.deepInclude(error.reason, { _tag: "Unreachable", address: path, code: "ENOENT" })
      assert.deepStrictEqual(
        error.steps.map(({ stage, detail }) => [stage, detail]),
        [["unix", path]]
      )
      assert.include(error.message, "check the path, and that the server is running")
    })
  )
})
