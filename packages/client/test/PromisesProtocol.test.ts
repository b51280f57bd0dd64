/**
 * What users of websocket-client asked for about protocol and handshake over the years, one promise a test. Each is shown
 * at its shortest; Compression, Dial, Redirect, CookieJar, Userinfo, RealUnix and the clauses have the corners.
 */
import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import { Client, type ClientOptions, type ConnectOptions, CookieJar, WebSocket } from "@effect-websocket/client"
import { layerPredictable, Pair, ServerPeer as Server, type ServerPeer } from "@effect-websocket/client/testing"
import type { Transport } from "@effect-websocket/transport"
import { MemoryTransport } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { Scope } from "effect/Scope"
import * as Stream from "effect/Stream"
import { accepts } from "./clauses/wire.ts"
import { answered, dialling, failureOf } from "./dialling.ts"
import { failsWith, frame, start, text } from "./harness.ts"

const headersOf = ({ request }: Pick<ServerPeer.ServerPeer, "request">) =>
  Object.fromEntries(request.headers.map(([name, value]) => [name.toLowerCase(), value]))

/** What a dial with these options asks for. */
const asked = (options: ConnectOptions = {}, url?: string) =>
  Effect.gen(function* () {
    const { network } = yield* dialling(options, url)
    return headersOf(yield* Server.accept(yield* network.accept))
  })

const moved = (location: string) => `HTTP/1.1 302 Found\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`

describe("protocol and handshake", () => {
  it.effect("permessage-deflate is negotiated, and inflation is bounded", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* Pair.open({
        server: { compression: true },
        client: { limits: { maxMessageBytes: 1000 } }
      })
      assert.include(socket.extensions, "permessage-deflate")
      yield* socket.send("compressed on the way")
      assert.deepStrictEqual(yield* server.next, { _tag: "Message", message: "compressed on the way" })
      yield* server.send("x".repeat(1001))
      yield* failsWith(socket.receive, { _tag: "MessageTooBig", limit: "maxMessageBytes", allowed: 1000 })
    })
  )

  it.effect("a string is text and a Uint8Array binary, both ways", () =>
    Effect.gen(function* () {
      const { socket, wire } = yield* Pair.open().pipe(Effect.provide(layerPredictable()))
      wire.send(text("Grü"))
      wire.send(frame(0x2, "Grü"))
      assert.deepStrictEqual([yield* socket.receive, yield* socket.receive], ["Grü", new TextEncoder().encode("Grü")])
      const before = wire.written().length
      yield* socket.sendAll(["a", Uint8Array.of(0x61)])
      yield* socket.flush
      const [textFrame, binaryFrame] = [wire.written().slice(before, before + 7), wire.written().slice(before + 7)]
      assert.deepStrictEqual([textFrame[0], binaryFrame[0]], [0x81, 0x82])
    })
  )

  it.effect("one stream to receive from, and one hatch to what is on the wire", () =>
    Effect.gen(function* () {
      const send = (wire: Pair.Pair["wire"]) =>
        Effect.sync(() => {
          wire.send(text("Gr", false))
          wire.send(frame(0x0, "ü"))
        })
      const whole = yield* Pair.open()
      yield* send(whole.wire)
      assert.strictEqual(yield* whole.socket.receive, "Grü")
      const raw = yield* Pair.open({ client: { delivery: "frames" } })
      yield* send(raw.wire)
      const frames = yield* raw.socket.receiveN(2)
      assert.deepStrictEqual(
        frames.map(({ fin, opcode }) => [fin, opcode]),
        [
          [false, "text"],
          [true, "continuation"]
        ]
      )
    })
  )

  it.effect("no subprotocol selected is valid, one that was not offered fails", () =>
    Effect.gen(function* () {
      const client = { subprotocols: ["chat.v2", "chat.v1"] }
      assert.isUndefined((yield* Pair.open({ client })).socket.subprotocol)
      assert.strictEqual(
        (yield* Pair.open({ client, server: { subprotocol: "chat.v1" } })).socket.subprotocol,
        "chat.v1"
      )
      const { error } = yield* answered([...accepts, "Sec-WebSocket-Protocol: other", "", ""].join("\r\n"), client)
      assert.deepInclude((yield* error).reason, { _tag: "HandshakeInvalid", check: "SubprotocolNotOffered" })
    })
  )

  it.effect("no Origin unless one is given, and then that one", () =>
    Effect.gen(function* () {
      assert.notProperty(yield* asked({}, "wss://user.test/"), "origin")
      assert.strictEqual((yield* asked({ origin: "https://app.test" })).origin, "https://app.test")
    })
  )

  it.effect("the same options on every way in", () =>
    Effect.gen(function* () {
      const options: ConnectOptions = { origin: "https://app.test", subprotocols: ["chat"], keepAlive: false }
      const { accept, layer } = yield* MemoryTransport.make()
      const ways: ReadonlyArray<Effect.Effect<unknown, unknown, Transport | Scope>> = [
        WebSocket.connect("ws://user.test/", options),
        Stream.runDrain(WebSocket.stream("ws://user.test/", options)),
        Effect.andThen(Client.make({ url: "ws://user.test/", ...options }), Effect.never)
      ]
      for (const way of ways) {
        const going = yield* start(Effect.scoped(way).pipe(Effect.provide(layer)))
        const wire = yield* accept
        const headers = headersOf(yield* Server.accept(wire))
        assert.deepInclude(headers, { origin: "https://app.test", "sec-websocket-protocol": "chat" })
        wire.reset()
        yield* Fiber.interrupt(going)
      }
      expectTypeOf<Exclude<keyof ConnectOptions, keyof ClientOptions>>().toEqualTypeOf<"delivery" | "text">()
    })
  )

  it.effect("redirects are followed when the policy says so, and credentials stay with their origin", () =>
    Effect.gen(function* () {
      const { error } = yield* answered(moved("ws://other.test/"))
      assert.deepInclude((yield* error).reason, { _tag: "HandshakeRejected", status: 302 })
      const { network } = yield* dialling({ redirects: { limit: 1 }, headers: { authorization: "Bearer secret" } })
      yield* Server.answer(yield* network.accept, moved("ws://other.test/"))
      const headers = headersOf(yield* Server.accept(yield* network.accept))
      assert.strictEqual(headers.host, "other.test")
      assert.notProperty(headers, "authorization")
    })
  )

  it.effect("no cookie jar but the program's, and a malformed Set-Cookie is never fatal", () =>
    Effect.gen(function* () {
      const cookies = yield* CookieJar.make
      const setCookie = [
        ["Set-Cookie", ";;=\t"],
        ["Set-Cookie", "a=1"]
      ] as const
      for (const options of [{ cookies }, {}]) {
        const { connecting, network } = yield* dialling(options)
        yield* Server.accept(yield* network.accept, { headers: setCookie })
        yield* Fiber.join(connecting)
      }
      assert.strictEqual((yield* asked({ cookies })).cookie, "a=1")
      assert.notProperty(yield* asked(), "cookie")
    })
  )

  it.effect("credentials of a URL are sent, or an error: never silently dropped", () =>
    Effect.gen(function* () {
      const { authorization } = yield* asked({}, "ws://user:pass@user.test/")
      assert.strictEqual(authorization, `Basic ${btoa("user:pass")}`)
      const { connecting } = yield* dialling(
        { headers: { authorization: "Bearer other" } },
        "ws://user:pass@user.test/"
      )
      assert.strictEqual((yield* failureOf(connecting)).reason._tag, "InvalidOptions")
    })
  )

  it.effect("masking can be made predictable in tests, and by no option", () =>
    Effect.gen(function* () {
      const { socket, wire } = yield* Pair.open().pipe(Effect.provide(layerPredictable()))
      const before = wire.written().length
      yield* socket.send("Hi")
      yield* socket.flush
      assert.deepStrictEqual(wire.written().slice(before), Uint8Array.of(0x81, 0x82, 0, 0, 0, 0, 0x48, 0x69))
      const { connecting } = yield* dialling({ maskingKey: () => 0 } as ConnectOptions)
      assert.strictEqual((yield* failureOf(connecting)).reason._tag, "InvalidOptions")
    })
  )

  it.effect("unix sockets by URL, named in the documentation", () =>
    Effect.gen(function* () {
      const { connecting, network } = yield* dialling({}, "ws+unix:/run/app.sock:/chat?room=1")
      const wire = yield* network.accept
      assert.strictEqual(wire.target.socketPath, "/run/app.sock")
      assert.strictEqual((yield* Server.accept(wire)).request.resourceName, "/chat?room=1")
      yield* Fiber.join(connecting)
    })
  )
})
