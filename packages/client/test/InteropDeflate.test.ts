/** permessage-deflate with a server that is not ours: every combination of the parameters of the npm package `ws`. */
import type { AddressInfo } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { type ConnectOptions, WebSocket } from "@effect-websocket/client"
import { Transport } from "@effect-websocket/transport"
import * as Effect from "effect/Effect"
import { type PerMessageDeflateOptions, WebSocketServer } from "ws"
import { combinations, comeBack, repetitive } from "./interop.ts"

const echoServer = (perMessageDeflate: PerMessageDeflateOptions) =>
  Effect.acquireRelease(
    Effect.callback<WebSocketServer>((resume) => {
      const server: WebSocketServer = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate }, () =>
        resume(Effect.succeed(server))
      )
      server.on("connection", (peer) => peer.on("message", (data, binary) => peer.send(data, { binary })))
    }),
    (server) =>
      Effect.callback<void>((resume) => {
        for (const peer of server.clients) peer.terminate()
        server.close(() => resume(Effect.void))
      })
  )

const converse = Effect.fnUntraced(function* (server: PerMessageDeflateOptions, options: ConnectOptions = {}) {
  const { port } = (yield* echoServer({ ...server, threshold: 0 })).address() as AddressInfo
  const socket = yield* WebSocket.connect(`ws://127.0.0.1:${port}`, options)
  assert.match(socket.extensions ?? "", /^permessage-deflate/)
  yield* comeBack(socket, repetitive)
  assert.isTrue((yield* socket.close()).clean)
}, Effect.scoped)

describe("messages come back as they were", () => {
  for (const terms of combinations([undefined, 8, 9, 12, 15])) {
    it.live(`the server asks for ${JSON.stringify(terms)}`, () => Effect.provide(converse(terms), Transport.layer))
    it.live(`we offer ${JSON.stringify(terms)}`, () =>
      Effect.provide(converse({}, { compression: { offers: [terms] } }), Transport.layer)
    )
  }

  for (const level of [1, 9]) {
    for (const memoryLevel of [1, 9]) {
      it.live(`level ${level}, memory level ${memoryLevel}`, () =>
        Effect.provide(converse({}, { compression: { level, memoryLevel } }), Transport.layer)
      )
    }
  }
})
