/** The log of a connection: what it shows, that nothing secret is in it, and that it changes nothing. */
import { assert, describe, it } from "@effect/vitest"
import { type ConnectOptions, CookieJar } from "@effect-websocket/client"
import { ServerPeer } from "@effect-websocket/client/testing"
import { Opcode } from "@effect-websocket/core"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { dialling, failureOf } from "./dialling.ts"
import { frame, settle, text, violation } from "./harness.ts"

interface Entry {
  readonly level: string
  readonly line: string
}

/** Runs with a logger of its own; answers what was logged until the end. */
const logged = Effect.fnUntraced(function* <A, E, R>(effect: (entries: Array<Entry>) => Effect.Effect<A, E, R>) {
  const entries: Array<Entry> = []
  const logger = Logger.make<unknown, void>(({ logLevel, message }) => {
    entries.push({ level: logLevel, line: String(message) })
  })
  yield* Effect.provide(Effect.scoped(effect(entries)), Logger.layer([logger]))
  return entries
})

/** A connection that is traced, once it is open. */
const traced = Effect.fnUntraced(function* (options: ConnectOptions = {}, answer: ServerPeer.AcceptOptions = {}) {
  const { connecting, network, scope } = yield* dialling({
    trace: true,
    compression: false,
    keepAlive: false,
    ...options
  })
  const wire = yield* network.accept
  const server = yield* ServerPeer.accept(wire, answer)
  return { socket: yield* Fiber.join(connecting), server, wire, scope }
})

const linesOf = (entries: ReadonlyArray<Entry>) => entries.flatMap(({ line }) => line.split("\n"))

const framesOf = (entries: ReadonlyArray<Entry>) => linesOf(entries).filter((line) => / bytes?(:|$)/.test(line))

describe("what is shown", () => {
  it.effect("nothing, unless it is asked for", () =>
    Effect.gen(function* () {
      const entries = yield* logged(() => Effect.andThen(traced({ trace: false }), settle))
      assert.deepStrictEqual(entries, [])
    })
  )

  it.effect("the stages, both heads and every frame, in order", () =>
    Effect.gen(function* () {
      const entries = yield* logged(() =>
        Effect.gen(function* () {
          const { server, socket } = yield* traced(
            { trace: { payloadBytes: 200 }, subprotocols: ["chat"] },
            { subprotocol: "chat" }
          )
          yield* socket.send("héllo")
          yield* server.next
          yield* server.send(Uint8Array.of(1, 2, 255))
          yield* socket.receive
          yield* server.write(text("a", false))
          yield* server.write(frame(Opcode.continuation, "b"))
          yield* server.ping(Uint8Array.of(7))
          yield* settle
          yield* server.close(4001, "bye")
          yield* Stream.runDrain(socket.messages).pipe(Effect.ignore)
          yield* server.next
          yield* server.next
          yield* server.end
          yield* settle
        })
      )
      assert.deepStrictEqual(linesOf(entries), [
        "socket user.test:8080 (at 0.0 ms, took 0.0 ms): done",
        "sent GET /chat?<redacted> HTTP/1.1",
        "  Host: user.test:8080",
        "  Upgrade: websocket",
        "  Connection: Upgrade",
        "  Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        "  Sec-WebSocket-Version: 13",
        "  Sec-WebSocket-Protocol: chat",
        "received HTTP/1.1 101",
        "  Upgrade: websocket",
        "  Connection: Upgrade",
        "  Sec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI=",
        "  Sec-WebSocket-Protocol: chat",
        "upgrade ws://user.test:8080/chat (at 0.0 ms, took 0.0 ms): done",
        "sent text, 6 bytes: héllo",
        "received binary, 3 bytes: 0102ff",
        "received text, more follows, 1 byte: a",
        "received continuation, 1 byte: b",
        "received ping, 1 byte: 07",
        "sent pong, 1 byte: 07",
        "received Close, 5 bytes: 4001 bye",
        "sent Close, 2 bytes: 4001",
        "received the end of the stream"
      ])
      assert.isTrue(entries.every(({ level }) => level === "Info"))
    })
  )

  it.effect("compressed frames as such, at the level that was asked for", () =>
    Effect.gen(function* () {
      const entries = yield* logged(() =>
        Effect.gen(function* () {
          const { server, socket } = yield* traced(
            { trace: { payloadBytes: 3, level: "Warn" }, compression: {} },
            { compression: true }
          )
          yield* socket.send("a".repeat(100))
          yield* server.next
          yield* settle
        })
      )
      assert.match(framesOf(entries).at(-1)!, /^sent text, compressed, \d+ bytes: [\da-f]{6}$/)
      assert.isTrue(entries.every(({ level }) => level === "Warn"))
    })
  )

  it.effect("however the bytes are cut, what came behind the answer included", () =>
    Effect.gen(function* () {
      const stream = Uint8Array.from([...text("one"), ...frame(Opcode.binary, new Uint8Array(300)), ...text("")])
      const expected = ["received text, 3 bytes: on", "received binary, 300 bytes: 0000", "received text, 0 bytes"]
      for (let cut = 0; cut < stream.length; cut += 7) {
        const entries = yield* logged(() =>
          Effect.gen(function* () {
            const { socket, wire } = yield* traced({ trace: { payloadBytes: 2 } }, { first: stream.subarray(0, cut) })
            wire.send(stream.subarray(cut), [1, 2, 5])
            yield* socket.messages.pipe(Stream.take(3), Stream.runDrain)
            yield* settle
          })
        )
        assert.deepStrictEqual(framesOf(entries), expected, `cut at ${cut}`)
      }
    })
  )

  it.effect("what is no frame, once; and a connection that breaks", () =>
    Effect.gen(function* () {
      const entries = yield* logged(() =>
        Effect.gen(function* () {
          const { socket, wire } = yield* traced()
          wire.send(Uint8Array.of(0x83, 0x00, 0x83, 0x00))
          yield* Effect.exit(socket.receive)
          wire.reset()
          yield* settle
        })
      )
      const lines = linesOf(entries)
      assert.include(lines, "received what is no legal frame (ReservedOpcode)")
      assert.lengthOf(
        lines.filter((line) => line.includes("no legal frame")),
        1
      )
    })
  )

  it.effect("a refusal, with its body as far as payloads are shown", () =>
    Effect.gen(function* () {
      for (const [payloadBytes, last] of [
        [0, "  (a body of 5 bytes)"],
        [3, "  (a body of 5 bytes: sor)"]
      ] as const) {
        const entries = yield* logged(() =>
          Effect.gen(function* () {
            const { connecting, network } = yield* dialling({ trace: { payloadBytes } })
            yield* ServerPeer.answer(yield* network.accept, "HTTP/1.1 403 No\r\nX: y\r\nContent-Length: 5\r\n\r\nsorry")
            yield* failureOf(connecting)
          })
        )
        const lines = linesOf(entries)
        const at = lines.indexOf("received HTTP/1.1 403 No")
        assert.deepStrictEqual(lines.slice(at, at + 4), [
          "received HTTP/1.1 403 No",
          "  X: y",
          "  Content-Length: 5",
          last
        ])
        assert.match(lines.at(-1)!, /^upgrade ws:.*: HTTP 403 No$/)
      }
    })
  )
})

describe("S18: nothing secret is shown", () => {
  it.effect("of headers, cookies, the URL, payloads and what the server sets", () =>
    Effect.gen(function* () {
      const cookies = yield* CookieJar.make
      yield* cookies.store("ws://user.test:8080/", ["jar=secret"])
      const options: ConnectOptions = {
        trace: true,
        cookies,
        redirects: { limit: 1 },
        headers: {
          Authorization: "Bearer secret",
          "X-Token": "secret",
          "X-Other": Redacted.make("secret"),
          cookie: "a=secret"
        }
      }
      const entries = yield* logged(() =>
        Effect.gen(function* () {
          const { connecting, network } = yield* dialling(options, "ws://user.test:8080/chat?token=secret")
          yield* ServerPeer.answer(
            yield* network.accept,
            "HTTP/1.1 302 A\r\nSet-Cookie: b=secret\r\nLocation: /other?token=secret\r\nWWW-Authenticate: secret\r\nContent-Length: 6\r\n\r\nsecret"
          )
          const wire = yield* network.accept
          const server = yield* ServerPeer.accept(wire, { headers: [["Set-Cookie", "c=secret"]] })
          const socket = yield* Fiber.join(connecting)
          yield* socket.send("secret")
          yield* server.next
          yield* server.send("secret")
          yield* socket.receive
          yield* settle
        })
      )
      const all = linesOf(entries).join("\n")
      assert.notInclude(all, "secret")
      assert.notInclude(all, btoa("secret").slice(0, 6))
      for (const name of ["Authorization", "X-Token", "X-Other", "cookie"]) assert.include(all, `  ${name}: <redacted>`)
    })
  )

  it.effect("and of the URL's credentials", () =>
    Effect.gen(function* () {
      const entries = yield* logged(() =>
        Effect.gen(function* () {
          const { network } = yield* dialling({ trace: true }, "ws://user:secret@user.test/")
          yield* ServerPeer.accept(yield* network.accept)
          yield* settle
        })
      )
      const all = linesOf(entries).join("\n")
      assert.notInclude(all, "secret")
      assert.notInclude(all, btoa("user:secret"))
    })
  )

  it.effect("text of the peer is escaped and cut", () =>
    Effect.gen(function* () {
      const hostile = `\u001b[31m\u202e\n${"x".repeat(1000)}`
      const entries = yield* logged(() =>
        Effect.gen(function* () {
          const { server, socket } = yield* traced(
            { trace: { payloadBytes: 200 } },
            { headers: [["X-Long", "y".repeat(1000)]] }
          )
          yield* server.send(hostile)
          yield* socket.receive
          yield* server.write(violation)
          yield* settle
        })
      )
      for (const line of linesOf(entries)) {
        assert.notMatch(line, /[\p{Cc}\p{Bidi_Control}]/u)
        assert.isBelow(line.length, 300)
      }
    })
  )
})

describe("it changes nothing", () => {
  it.effect("a flood of frames: those that cannot be logged are counted", () =>
    Effect.gen(function* () {
      const entries = yield* logged(() =>
        Effect.gen(function* () {
          const { socket, wire } = yield* traced()
          const many = 5000
          wire.send(Uint8Array.from({ length: many * 3 }, (_, i) => [0x81, 0x01, 0x61][i % 3]!))
          assert.lengthOf(yield* socket.messages.pipe(Stream.take(many), Stream.runCollect), many)
          yield* settle
        })
      )
      const lines = linesOf(entries)
      assert.match(lines.at(-1)!, /^\d+ lines were lost/)
      assert.isBelow(lines.length, 4200)
    })
  )

  it.effect("the closing handshake is as ever, and the last lines come when the scope is left", () =>
    Effect.gen(function* () {
      const entries = yield* logged(() =>
        Effect.gen(function* () {
          const { scope, server } = yield* traced()
          const leaving = yield* Effect.forkChild(Scope.close(scope, Exit.void), { startImmediately: true })
          assert.deepInclude(yield* server.next, { _tag: "Close", closeCode: 1000 })
          yield* server.next
          yield* server.end
          yield* TestClock.adjust(0)
          yield* Fiber.join(leaving)
        })
      )
      assert.include(linesOf(entries), "sent Close, 2 bytes: 1000")
      assert.include(linesOf(entries), "received Close, 2 bytes: 1000")
    })
  )
})
