/** Messages exchanged with Debian's python3-websockets, over TCP, over TLS and on a unix socket. What it does is in `server.py`. */
import { assert, describe, layer } from "@effect/vitest"
import { Transport } from "@effect-websocket/transport"
import * as Console from "effect/Console"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { equal, messages as shared } from "../../packages/client/test/interop.ts"
import * as Python from "./Python.ts"

layer(Layer.mergeAll(Python.Python.layer, Transport.layer), { excludeTestServices: true })((it) => {
  for (const kind of ["plain", "secure", "unix"] as const) {
    const connect = Python.connectOver(kind)

    describe(`python3-websockets, ${kind}`, () => {
      it.effect("echoes text, unicode, binary, empty and large messages", () =>
        Effect.gen(function* () {
          const socket = yield* connect("/echo")
          yield* Effect.forkChild(Effect.forEach(messages, (message) => socket.send(message)))
          const echoes = yield* Stream.runCollect(Stream.take(socket.messages, messages.length))
          assert.isTrue(echoes.every((echo, i) => equal(echo, messages[i]!)))
          assert.strictEqual(socket.info.tls !== undefined, kind === "secure")
          const bytes = messages.reduce((sum, { length }) => sum + length, 0)
          yield* Console.log(`${kind}: ${messages.length} messages came back, ${bytes} bytes or characters`)
        })
      )

      it.effect("5,000 small messages keep their order", () =>
        Effect.gen(function* () {
          const socket = yield* connect("/echo")
          const sent = Array.from({ length: 5_000 }, (_, i) => `${i}`)
          yield* Effect.forkChild(Effect.forEach(sent, (message) => socket.send(message), { discard: true }))
          assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(socket.messages, sent.length)), sent)
        })
      )

      it.effect("sends fragments: one message each", () =>
        Effect.gen(function* () {
          const socket = yield* connect("/fragments")
          assert.strictEqual(yield* socket.receive, "Grüße, 世界")
          assert.isTrue(equal(yield* socket.receive, new Uint8Array(70_300).fill(1, 300)))
        })
      )

      it.effect("pings: its own are answered with their payload, ours by it", () =>
        Effect.gen(function* () {
          const socket = yield* connect("/ping")
          assert.strictEqual(yield* socket.receive, "pong of 0")
          assert.strictEqual(yield* socket.receive, "pong of 125")
          const roundTrip = yield* socket.ping()
          yield* socket.ping(new Uint8Array(125).fill(0xff))
          yield* Console.log(`${kind}: a ping came back after ${Duration.toMillis(roundTrip).toFixed(2)} ms`)
        })
      )

      for (const [code, reason] of [
        [1000, "bye"],
        [1001, ""],
        [1011, "broken"],
        [3000, ""],
        [4999, "x".repeat(123)]
      ] as const) {
        it.effect(`closes with ${code}`, () =>
          Effect.gen(function* () {
            const socket = yield* connect(`/close/${code}/${reason}`)
            assert.strictEqual(yield* socket.receive, "last")
            const end = yield* Effect.result(Stream.runDrain(socket.messages))
            assert.strictEqual(end._tag, code === 1000 || code === 1001 ? "Success" : "Failure")
            assert.deepInclude(yield* socket.closed, {
              closeCode: code,
              closeReason: reason,
              by: "peer",
              clean: true
            })
          })
        )
      }

      it.effect("is told why we close, and answers with the same code", () =>
        Effect.gen(function* () {
          const socket = yield* connect("/listen")
          const record = yield* socket.close(4123, "Grüße")
          assert.deepInclude(record, { by: "us", clean: true, closeCode: 4123 })
          const asked = yield* connect("/last")
          assert.deepStrictEqual(JSON.parse((yield* asked.receive) as string), [4123, "Grüße"])
        })
      )

      it.effect("drops the connection: a loss", () =>
        Effect.gen(function* () {
          const socket = yield* connect("/abort")
          const error = yield* Effect.flip(socket.receive)
          assert.deepInclude(error, { _tag: "ConnectionClosed", closeCode: 1006, by: "network" })
        })
      )

      it.effect("picks a subprotocol", () =>
        Effect.gen(function* () {
          const socket = yield* connect("/echo", { subprotocols: ["v0", "v1"] })
          assert.strictEqual(socket.subprotocol, "v1")
        })
      )

      it.effect("refuses with 403: status, headers and body are told", () =>
        Effect.gen(function* () {
          const { reason } = yield* Effect.flip(connect("/private"))
          if (reason._tag !== "HandshakeRejected") return assert.fail(reason.message)
          assert.strictEqual(reason.status, 403)
          assert.strictEqual(reason.body, "no token, no entry\n")
          assert.deepInclude(reason.headers, ["x-why", "no token"])
        })
      )

      it.effect("talks to 50 of our connections at once", () =>
        Effect.gen(function* () {
          const talk = Effect.fnUntraced(function* (client: number) {
            const socket = yield* connect("/echo")
            const sent = Array.from({ length: 10 }, (_, i) => `${client}: ${i}`)
            yield* socket.sendAll(sent)
            assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(socket.messages, sent.length)), sent)
            return (yield* socket.close()).clean
          }, Effect.scoped)
          const ended = yield* Effect.forEach(Array.from({ length: 50 }).keys(), talk, { concurrency: "unbounded" })
          assert.isTrue(ended.every((clean) => clean))
        })
      )
    })
  }
})

const messages = [...shared, new Uint8Array(16 * 0x100000).fill(0x2b)]
