import { constants, deflateRawSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { type ConnectOptions, WebSocket } from "@effect-websocket/client"
import { Pair, ServerPeer } from "@effect-websocket/client/testing"
import { OpeningHandshake, Platform } from "@effect-websocket/core"
import { MemoryTransport } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"

const agreed = { server: { compression: true } }
const repetitive = "the same words again and again, ".repeat(200)

/** One frame of a server, compressed: FIN and RSV1, then the length. */
const compressedFrame = (opcode: number, payload: Uint8Array): Uint8Array => {
  const data = deflateRawSync(payload, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)
  const frame = new Uint8Array(10 + data.length)
  frame[0] = 0xc0 | opcode
  frame[1] = 127
  new DataView(frame.buffer).setUint32(6, data.length)
  frame.set(data, 10)
  return frame
}

/** What a client says to a server that answers with this header. */
const connectTo = (extensions: string, options?: ConnectOptions) =>
  Effect.gen(function* () {
    const network = yield* MemoryTransport.make()
    const connecting = WebSocket.connect("ws://server.test/", options).pipe(Effect.provide(network.layer))
    const client = yield* Effect.forkChild(Effect.flip(connecting), { startImmediately: true })
    const wire = yield* network.accept
    const request = yield* Effect.orDie(ServerPeer.request(wire))
    const accept = OpeningHandshake.acceptOf(request.key, Platform.pure.sha1)
    const head = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
    const headers = [`Sec-WebSocket-Accept: ${accept}`, `Sec-WebSocket-Extensions: ${extensions}`, "", ""]
    wire.send(new TextEncoder().encode([...head, ...headers].join("\r\n")))
    return { request, error: yield* Fiber.join(client) }
  })

describe("permessage-deflate", () => {
  it.effect("is offered by default, and agreed when the server agrees", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* Pair.open(agreed)
      assert.strictEqual(server.request.extensions, "permessage-deflate; client_max_window_bits")
      assert.strictEqual(socket.extensions, "permessage-deflate")
    })
  )

  it.effect("is not offered when it is off, and not used when the server declines", () =>
    Effect.gen(function* () {
      const off = yield* Pair.open({ ...agreed, client: { compression: false } })
      assert.isUndefined(off.server.request.extensions)
      const declined = yield* Pair.open()
      assert.isUndefined(declined.socket.extensions)
      yield* declined.socket.send(repetitive)
      assert.deepStrictEqual(yield* declined.server.next, { _tag: "Message", message: repetitive })
      assert.isAbove(declined.wire.written().length, repetitive.length)
    })
  )

  it.effect("counts what a message becomes, since what does not compress comes in a longer frame", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* Pair.open({ ...agreed, client: { limits: { maxMessageBytes: 1000 } } })
      yield* server.send(new Uint8Array(1000))
      assert.deepStrictEqual(yield* socket.receive, new Uint8Array(1000))
      yield* server.send(new Uint8Array(1001))
      assert.deepInclude(yield* Effect.flip(socket.receive), { _tag: "MessageTooBig", limit: "maxMessageBytes" })
    })
  )

  it.effect("compresses what is sent, but not what is said to be sent as it is", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* Pair.open(agreed)
      const before = wire.written().length
      yield* socket.send(repetitive)
      assert.deepStrictEqual(yield* server.next, { _tag: "Message", message: repetitive })
      const compressed = wire.written().length - before
      assert.isBelow(compressed, 200)
      yield* socket.send(repetitive, { compress: false })
      yield* socket.sendAll([repetitive], { compress: false })
      assert.deepStrictEqual(yield* server.next, { _tag: "Message", message: repetitive })
      assert.isAbove(wire.written().length - before - compressed, 2 * repetitive.length)
    })
  )

  it.effect("without our context, short messages are sent as they are", () =>
    Effect.gen(function* () {
      const client = { compression: { offers: [{ clientNoContextTakeover: true }] } } as const
      const { server, socket, wire } = yield* Pair.open({ ...agreed, client })
      const before = wire.written().length
      yield* socket.send("a".repeat(1023))
      yield* server.next
      const asItIs = wire.written().length - before
      assert.isAbove(asItIs, 1023)
      yield* socket.send("a".repeat(1024))
      yield* server.next
      assert.isBelow(wire.written().length - before - asItIs, 100)
    })
  )

  it.effect("a consumer that answers inside the delivery gets and sends what it means to", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* Pair.open(agreed)
      const messages = Array.from({ length: 20 }, (_, i) => `${i} ${repetitive}`)
      const echo = Effect.forever(Effect.flatMap(socket.receive, (message) => socket.send(message)))
      yield* Effect.forkChild(echo, { startImmediately: true })
      yield* server.together(messages.map((message) => server.send(message)))
      for (const message of messages) assert.deepStrictEqual(yield* server.next, { _tag: "Message", message })
    })
  )

  it.effect("S6, S32: a message that would inflate to 1 GiB fails with MessageTooBig, and says 1009", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* Pair.open(agreed)
      const bomb = compressedFrame(0x2, new Uint8Array(0x8000000))
      assert.isBelow(bomb.length, 0x100000)
      yield* server.write(bomb)
      const error = yield* Effect.flip(socket.receive)
      assert.deepInclude(error, { _tag: "MessageTooBig", limit: "maxMessageBytes", allowed: 0x100000 })
      assert.deepInclude(yield* server.next, { _tag: "Close", closeCode: 1009 })
    })
  )

  it.effect("bytes that are no DEFLATE fail with ProtocolViolation", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* Pair.open(agreed)
      yield* server.write(Uint8Array.of(0xc1, 0x02, 0x06, 0xff))
      assert.deepInclude(yield* Effect.flip(socket.receive), { _tag: "ProtocolViolation", rule: "InvalidDeflate" })
    })
  )

  const illegal: ReadonlyArray<readonly [check: string, header: string, options?: ConnectOptions]> = [
    ["ExtensionNotOffered", "permessage-deflate", { compression: false }],
    ["ExtensionNotOffered", "x-webkit-deflate-frame"],
    ["ExtensionMalformed", "permessage-deflate;;"],
    ["ExtensionRepeated", "permessage-deflate, permessage-deflate"],
    ["ExtensionParameterValue", "permessage-deflate; client_max_window_bits=16"],
    [
      "ExtensionParameterNotOffered",
      "permessage-deflate; server_max_window_bits=15",
      { compression: { offers: [{ serverMaxWindowBits: 10 }] } }
    ]
  ]
  for (const [check, header, options] of illegal) {
    it.effect(`an answer of "${header}" is HandshakeInvalid: ${check}`, () =>
      Effect.gen(function* () {
        const { error } = yield* connectTo(header, options)
        assert.deepInclude(error.reason, { _tag: "HandshakeInvalid", check })
      })
    )
  }

  for (const compression of [{ level: 0 }, { memoryLevel: 10 }, { threshold: -1 }]) {
    it.effect(`${JSON.stringify(compression)} is InvalidOptions`, () =>
      Effect.gen(function* () {
        const network = yield* MemoryTransport.make()
        const connecting = WebSocket.connect("ws://server.test/", { compression }).pipe(Effect.provide(network.layer))
        assert.strictEqual((yield* Effect.flip(connecting)).reason._tag, "InvalidOptions")
      })
    )
  }
})
