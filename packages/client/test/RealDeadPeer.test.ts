/**
 * Dead peers over real TCP, through a proxy that swallows bytes as a cut cable does. The sockets are real and the time
 * is not: however long the machine takes for the bytes, a peer is noticed at interval and timeout and not a millisecond
 * before.
 */
import * as Net from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { type Connection, WebSocket } from "@effect-websocket/client"
import { Server, ServerPeer } from "@effect-websocket/client/testing"
import { Transport } from "@effect-websocket/transport"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { failsWith, isWaiting, start } from "./harness.ts"

interface Cable {
  readonly url: string
  /** From now on nothing passes in these directions, and nobody is told. */
  readonly cut: (directions: { readonly up: boolean; readonly down: boolean }) => void
}

/** A proxy in front of a server. */
const cable = (url: string) =>
  Effect.acquireRelease(
    Effect.callback<Cable & { readonly stop: Effect.Effect<void> }>((resume) => {
      const sockets = new Set<Net.Socket>()
      let isCut = { up: false, down: false }
      const proxy = Net.createServer((client) => {
        const server = Net.connect(Number(new URL(url).port), "127.0.0.1")
        for (const socket of [client, server]) sockets.add(socket.on("error", () => {}))
        client.on("data", (bytes) => isCut.up || server.write(bytes))
        server.on("data", (bytes) => isCut.down || client.write(bytes))
      })
      const stop = Effect.callback<void>((resume) => {
        proxy.close(() => resume(Effect.void))
        for (const socket of sockets) socket.destroy()
      })
      proxy.listen(0, "127.0.0.1", () => {
        const { port } = proxy.address() as Net.AddressInfo
        const cut: Cable["cut"] = (directions) => {
          isCut = directions
        }
        resume(Effect.succeed({ url: `ws://127.0.0.1:${port}`, cut, stop }))
      })
    }),
    ({ stop }) => stop
  )

const dial = (url: string) => Effect.provide(WebSocket.connect(url), Transport.layer)

/** Noticed after interval and timeout together, and not before; the ping is with the kernel meanwhile. */
const noticed = Effect.fnUntraced(function* (socket: Connection) {
  const closed = yield* start(socket.closed)
  yield* TestClock.adjust("20 seconds")
  yield* socket.flush
  yield* TestClock.adjust(19_999)
  assert.isTrue(yield* isWaiting(closed))
  yield* TestClock.adjust(1)
  yield* failsWith(socket.receive, { _tag: "PongTimeout" })
  yield* socket.closed
})

const echoed = Effect.fnUntraced(function* (socket: Connection) {
  yield* socket.send("hello")
  assert.strictEqual(yield* socket.receive, "hello")
})

describe("noticed within interval and timeout, and not before", () => {
  for (const [what, directions] of Object.entries({
    "a cable that is cut": { up: true, down: true },
    "a way there that is lost, while the way back is open": { up: true, down: false },
    "a way back that is lost, while the way there is open": { up: false, down: true }
  })) {
    it.effect(what, () =>
      Effect.gen(function* () {
        const { cut, url } = yield* cable((yield* Server.serve(ServerPeer.echo)).url)
        const socket = yield* dial(url)
        yield* echoed(socket)
        cut(directions)
        yield* noticed(socket)
      })
    )
  }

  it.effect("a peer that stalls: it is connected and reads nothing any more", () =>
    Effect.gen(function* () {
      const { url } = yield* Server.serve((peer) =>
        Effect.gen(function* () {
          const event = yield* peer.next
          if (event._tag === "Message") yield* peer.send(event.message)
          return yield* Effect.never
        })
      )
      const socket = yield* dial(url)
      yield* echoed(socket)
      yield* noticed(socket)
    })
  )

  it.effect("a peer that half-closes is noticed at once: no message can come from it any more", () =>
    Effect.gen(function* () {
      const { url } = yield* Server.serve((peer) => Effect.andThen(peer.end, Effect.forever(peer.next)))
      const socket = yield* dial(url)
      yield* failsWith(socket.receive, { _tag: "ConnectionClosed", closeCode: 1006, by: "network" })
      yield* socket.closed
    })
  )

  it.effect("a peer that is there is not given up: an hour of pings over the same cable", () =>
    Effect.gen(function* () {
      const { url } = yield* cable((yield* Server.serve(ServerPeer.echo)).url)
      const socket = yield* dial(url)
      for (let n = 0; n < 180; n++) {
        yield* TestClock.adjust("20 seconds")
        // Its pong comes after that of keep-alive's.
        yield* socket.ping()
      }
      yield* echoed(socket)
    })
  )
})
