/** permessage-deflate with a server that is not ours: every combination of the parameters of the npm package `ws`. */
import type { AddressInfo } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { type ConnectOptions, type Message, WebSocket } from "@effect-websocket/client"
import { Transport } from "@effect-websocket/transport"
import * as Effect from "effect/Effect"
import { type PerMessageDeflateOptions, WebSocketServer } from "ws"

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

const json = JSON.stringify(Array.from({ length: 300 }, (_, id) => ({ id, name: `user ${id % 7}`, ok: id % 2 === 0 })))

/** Compressible and not, shorter and longer than a window, and again, so that contexts matter. */
const messages: ReadonlyArray<Message> = [
  "",
  "hello",
  "hello",
  json,
  json.slice(0, 5000),
  "Grüße, 世界 🌍 ".repeat(2000),
  new Uint8Array(100_000).map((_, i) => (i * 2654435761) >>> 13),
  new Uint8Array(70_000),
  json
]

const flags = [false, true]
const bits = [undefined, 9, 12, 15]

/** What the server asks of us, and what we ask of it. */
const combinations = flags.flatMap((serverNoContextTakeover) =>
  flags.flatMap((clientNoContextTakeover) =>
    bits.flatMap((serverMaxWindowBits) =>
      [...bits, 8].map((clientMaxWindowBits) => ({
        serverNoContextTakeover,
        clientNoContextTakeover,
        ...(serverMaxWindowBits && { serverMaxWindowBits }),
        ...(clientMaxWindowBits && { clientMaxWindowBits })
      }))
    )
  )
)

const converse = Effect.fnUntraced(function* (server: PerMessageDeflateOptions, options: ConnectOptions = {}) {
  const { port } = (yield* echoServer({ ...server, threshold: 0 })).address() as AddressInfo
  const socket = yield* WebSocket.connect(`ws://127.0.0.1:${port}`, options)
  assert.match(socket.extensions ?? "", /^permessage-deflate/)
  for (const message of messages) {
    yield* socket.send(message)
    const echo = yield* socket.receive
    assert.isTrue(typeof message === "string" ? echo === message : Buffer.compare(message, echo as Uint8Array) === 0)
  }
  assert.isTrue((yield* socket.close()).clean)
}, Effect.scoped)

describe("messages come back as they were", () => {
  for (const terms of combinations) {
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
