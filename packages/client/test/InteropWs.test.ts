/** Messages exchanged with a server that is not ours: the npm package `ws`, over TCP and over TLS. */
import { assert, describe, it } from "@effect/vitest"
import { type ConnectOptions, WebSocket } from "@effect-websocket/client"
import { Transport } from "@effect-websocket/transport"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { WebSocket as Ws } from "ws"
import { equal, messages } from "./interop.ts"
import { leavesNothing } from "./left.ts"
import { certificate, serve } from "./wsServer.ts"

const echo = (peer: Ws) => {
  peer.on("message", (data, isBinary) => peer.send(data, { binary: isBinary }))
}

for (const secure of [false, true]) {
  const options: ConnectOptions = secure ? { tls: { ca: certificate.cert } } : {}
  const live = <E>(
    name: string,
    test: (connect: typeof connectTo) => Effect.Effect<void, E, Scope.Scope | Transport>
  ) => it.live(name, () => leavesNothing(test(connectTo)).pipe(Effect.provide(Transport.layer)))

  const connectTo = Effect.fnUntraced(function* (
    handle: (peer: Ws) => void,
    more: ConnectOptions = {},
    subprotocol?: string
  ) {
    const handleProtocols = (offered: Set<string>) =>
      subprotocol !== undefined && offered.has(subprotocol) ? subprotocol : false
    const url = yield* serve(handle, { secure, handleProtocols })
    return yield* WebSocket.connect(url, { ...options, ...more })
  })

  describe(`ws, over ${secure ? "TLS" : "TCP"}`, () => {
    live("echoes text, unicode, binary, empty and 1 MiB messages", (connect) =>
      Effect.gen(function* () {
        const socket = yield* connect(echo)
        yield* Effect.forkChild(Effect.forEach(messages, (message) => socket.send(message)))
        const echoes = yield* Stream.runCollect(Stream.take(socket.messages, messages.length))
        assert.isTrue(echoes.every((echo, i) => equal(echo, messages[i]!)))
        assert.strictEqual(socket.info.tls !== undefined, secure)
      })
    )

    live("10,000 small messages keep their order, sent one by one and together", (connect) =>
      Effect.gen(function* () {
        const socket = yield* connect(echo)
        const sent = Array.from({ length: 10_000 }, (_, i) => `${i}`)
        yield* Effect.forkChild(
          Effect.andThen(
            Effect.forEach(sent.slice(0, 5_000), (message) => socket.send(message), { discard: true }),
            socket.sendAll(sent.slice(5_000))
          )
        )
        assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(socket.messages, sent.length)), sent)
      })
    )

    live("sends fragments, with a ping between them: one message", (connect) =>
      Effect.gen(function* () {
        const socket = yield* connect((peer) => {
          peer.send("Grüße, ", { fin: false })
          peer.ping("between")
          peer.send("世界", { fin: false })
          peer.send("", { fin: true })
          peer.send(Buffer.alloc(300, 1), { fin: false, binary: true })
          peer.send(Buffer.alloc(70_000, 2), { fin: true })
        })
        assert.strictEqual(yield* socket.receive, "Grüße, 世界")
        const binary = new Uint8Array(70_300).fill(1, 0, 300).fill(2, 300)
        assert.isTrue(equal(yield* socket.receive, binary))
      })
    )

    live("pings: ours are answered, its own are answered by us, with their payload", (connect) =>
      Effect.gen(function* () {
        const pongs = yield* Queue.bounded<string>(8)
        const socket = yield* connect((peer) => {
          peer.on("pong", (payload) => Queue.offerUnsafe(pongs, payload.toString()))
          peer.on("ping", () => peer.ping("are you there?"))
        })
        yield* socket.ping()
        assert.strictEqual(yield* Queue.take(pongs), "are you there?")
        yield* socket.pong(new TextEncoder().encode("unasked"))
        assert.strictEqual(yield* Queue.take(pongs), "unasked")
      })
    )

    live("is told why we close, and answers", (connect) =>
      Effect.gen(function* () {
        const told = yield* Deferred.make<readonly [number, string]>()
        const socket = yield* connect((peer) => {
          peer.on("close", (code, reason) => Deferred.doneUnsafe(told, Effect.succeed([code, `${reason}`])))
        })
        const record = yield* socket.close(4123, "Grüße")
        assert.deepStrictEqual(yield* Deferred.await(told), [4123, "Grüße"])
        assert.deepInclude(record, { by: "us", clean: true, closeCode: 4123 })
      })
    )

    for (const [code, reason, ends] of [
      [1000, "bye", "ends"],
      [1001, "", "ends"],
      [1011, "broken", "fails"],
      [4999, "é".repeat(61), "fails"]
    ] as const) {
      live(`closes with ${code}: the stream ${ends}`, (connect) =>
        Effect.gen(function* () {
          const socket = yield* connect((peer) => {
            peer.send("last")
            peer.close(code, reason)
          })
          assert.strictEqual(yield* socket.receive, "last")
          const end = yield* Effect.result(Stream.runDrain(socket.messages))
          assert.strictEqual(end._tag, ends === "ends" ? "Success" : "Failure")
          assert.deepInclude(yield* socket.closed, { closeCode: code, closeReason: reason, by: "peer", clean: true })
        })
      )
    }

    live("closes without a code: 1005", (connect) =>
      Effect.gen(function* () {
        const socket = yield* connect((peer) => peer.close())
        yield* Stream.runDrain(socket.messages)
        assert.deepInclude(yield* socket.closed, { closeCode: 1005, by: "peer", clean: true })
      })
    )

    live("terminates: a loss", (connect) =>
      Effect.gen(function* () {
        const socket = yield* connect((peer) => peer.terminate())
        assert.deepInclude(yield* Effect.flip(socket.receive), { closeCode: 1006, by: "network" })
      })
    )

    live("agrees on a subprotocol", (connect) =>
      Effect.gen(function* () {
        const socket = yield* connect(echo, { subprotocols: ["v1", "v2"] }, "v2")
        assert.strictEqual(socket.subprotocol, "v2")
      })
    )

    live("talks to 100 of our connections at once", () =>
      Effect.gen(function* () {
        const url = yield* serve(echo, { secure })
        const talk = Effect.fnUntraced(function* (client: number) {
          const socket = yield* WebSocket.connect(url, options)
          const sent = Array.from({ length: 10 }, (_, i) => `${client}: ${i}`)
          yield* Effect.forEach(sent, (message) => socket.send(message))
          assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(socket.messages, sent.length)), sent)
          return (yield* socket.close()).clean
        }, Effect.scoped)
        const ended = yield* Effect.forEach(Array.from({ length: 100 }).keys(), talk, { concurrency: "unbounded" })
        assert.isTrue(ended.every((clean) => clean))
      })
    )
  })
}
