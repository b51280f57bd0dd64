/** A chunk that the reader released is memory for the next read: nothing that was delivered may still view it. */
import * as Zlib from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { WebSocket } from "@effect-websocket/client"
import { ServerPeer } from "@effect-websocket/client/testing"
import { FrameEncoder, Opcode, Platform } from "@effect-websocket/core"
import { type ByteStream, Transport, wrapStream } from "@effect-websocket/transport"
import { MemoryTransport } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { bytes, frame, start, text } from "./harness.ts"

describe("a transport that overwrites what was released", () => {
  for (const size of [1, 2, 3, 7, 100, 70_000]) {
    it.effect(`is never noticed in what was delivered, in reads of ${size}`, () =>
      Effect.gen(function* () {
        const { released, server, socket } = yield* connected(size, false)
        yield* server.together([
          server.write(text("a first text")),
          server.write(frame(Opcode.binary, large)),
          server.write(text("ünï", false)),
          server.write(frame(Opcode.ping, "between")),
          server.write(frame(Opcode.continuation, "cödé")),
          server.write(frame(Opcode.binary, large, false)),
          server.write(frame(Opcode.continuation, large)),
          server.write(text("last")),
          server.close(4000, "the reason")
        ])
        const messages = yield* Stream.runCollect(Stream.catch(socket.messages, () => Stream.empty))
        assert.deepStrictEqual(messages, ["a first text", large, "ünïcödé", twice(large), "last"])
        yield* server.end
        assert.strictEqual((yield* socket.closed).closeReason, "the reason")
        assert.isAbove(released.count, 0)
      })
    )
    it.effect(`is never noticed by the window of an inflater, in reads of ${size}`, () =>
      Effect.gen(function* () {
        const { server, socket } = yield* connected(size, true)
        for (const said of ["once more, ", "once more, once more, ", large]) {
          yield* server.write(compressed(said))
        }
        yield* server.close(4000)
        const messages = yield* Stream.runCollect(Stream.catch(socket.messages, () => Stream.empty))
        assert.deepStrictEqual(messages, ["once more, ", "once more, once more, ", large])
      })
    )
  }

  it.effect("is not given a read that messages are views of", () =>
    Effect.gen(function* () {
      const { released, server, socket } = yield* connected(70_000, false)
      yield* server.together(Array.from({ length: 3 }, () => server.write(frame(Opcode.binary, large))))
      assert.deepStrictEqual(yield* socket.receiveN(3), [large, large, large])
      assert.strictEqual(released.count, 0)
      yield* server.write(text("next"))
      assert.strictEqual(yield* socket.receive, "next")
      assert.strictEqual(released.count, 1)
    })
  )

  it.effect("is never noticed while messages of a read wait for a taker", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected(70_000, false, { inboxMessages: 1 })
      yield* server.together(["a", "b", "c", "d"].map((message) => server.write(text(message))))
      for (const message of ["a", "b", "c", "d"]) assert.strictEqual(yield* socket.receive, message)
    })
  )
})

/** Reads come in new arrays of at most `size` bytes, filled with 0xff when they are released. */
const connected = Effect.fnUntraced(function* (size: number, compression: boolean, limits = {}) {
  const network = yield* MemoryTransport.make()
  const released = { count: 0 }
  const overwriting = Layer.effect(
    Transport,
    Effect.map(Transport, ({ open }) => ({
      open: (target) => Effect.map(open(target), (stream) => overwritten(stream, size, released))
    }))
  ).pipe(Layer.provide(network.layer))
  const connecting = yield* start(
    WebSocket.connect("ws://server.test/", { keepAlive: false, limits }).pipe(Effect.provide(overwriting))
  )
  const wire = yield* network.accept
  const server = yield* ServerPeer.accept(wire, { compression })
  const socket = yield* Fiber.join(connecting)
  yield* Effect.addFinalizer(() => Effect.sync(() => wire.reset()))
  return { socket, server, released }
})

const overwritten = (stream: ByteStream, size: number, released: { count: number }): ByteStream =>
  wrapStream(stream, {
    pull: Effect.map(stream.pull, (chunks) => {
      const all = Buffer.concat(chunks)
      const [first = all, ...rest] = Array.from({ length: Math.ceil(all.length / size) }, (_, i) =>
        Uint8Array.from(all.subarray(i * size, (i + 1) * size))
      )
      return [first, ...rest]
    }),
    release: (chunk) => {
      released.count += 1
      chunk.fill(0xff)
    }
  })

/** As a server would compress it that forgets its window after each message (RFC 7692 §7.2.1). */
const compressed = (message: string | Uint8Array): Uint8Array => {
  const payload = typeof message === "string" ? bytes(message) : message
  const deflated = Zlib.deflateRawSync(payload, { finishFlush: Zlib.constants.Z_SYNC_FLUSH })
  const opcode = typeof message === "string" ? Opcode.text : Opcode.binary
  return FrameEncoder.encode({ rsv1: true, opcode, payload: deflated.subarray(0, -4) }, Platform.pure.mask)
}

const large = Uint8Array.from({ length: 2000 }, (_, i) => (i * 7919) >> 3)

const twice = (bytes: Uint8Array): Uint8Array => Uint8Array.from([...bytes, ...bytes])
