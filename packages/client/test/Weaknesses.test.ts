/**
 * The weaknesses of Python's websocket-client that a whole connection can show, each with its attack and what becomes of
 * it here. docs/security.md lists all of them; those of redirects, cookies, TLS, proxies and logs have files of their own.
 */
import { assert, describe, it } from "@effect/vitest"
import { type ConnectOptions, WebSocket } from "@effect-websocket/client"
import { Pair, ServerPeer } from "@effect-websocket/client/testing"
import { Opcode } from "@effect-websocket/core"
import { escapePeerText, Transport } from "@effect-websocket/transport"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { answered, dialling, failureOf } from "./dialling.ts"
import { bytes, connected, failsWith, frame, isWaiting, settle, start, text } from "./harness.ts"

const undiallable = Layer.succeed(Transport, { open: () => Effect.die("it was dialled") })

/** Why nothing is dialled with these options. */
const notDialled = (options: unknown) =>
  Effect.flip(Effect.scoped(WebSocket.connect("ws://a.test/", options as ConnectOptions))).pipe(
    Effect.provide(undiallable)
  )

describe("S1: a line break in what becomes a header", () => {
  const injected = "x\r\nX-Injected: y"
  const rows: Record<string, unknown> = {
    "a header's value": { headers: { "X-A": injected } },
    "a header's name": { headers: { "X-A: b\r\nX-Injected": "y" } },
    origin: { origin: injected },
    host: { host: injected },
    "a cookie": { headers: { cookie: injected } },
    "a subprotocol": { subprotocols: [injected] },
    userAgent: { userAgent: injected },
    "a bare LF": { headers: { "X-A": "x\nX-Injected: y" } },
    "a NUL": { headers: { "X-A": "x\0y" } },
    "a header of the protocol's own": { headers: { Connection: "Upgrade\r\nX-Injected: y" } }
  }
  for (const [where, options] of Object.entries(rows)) {
    it.effect(`S1: ${where}: nothing is dialled`, () =>
      Effect.map(notDialled(options), ({ reason }) => assert.strictEqual(reason._tag, "InvalidOptions"))
    )
  }
})

describe("S2: a path that would end the request line", () => {
  const rows: ReadonlyArray<readonly [url: string, target: string]> = [
    ["ws://a.test/a HTTP/1.1\r\nX-Injected: b", "/a%20HTTP/1.1X-Injected:%20b"],
    ["ws://a.test/ü?ü", "/%C3%BC?%C3%BC"],
    ["ws://a.test/a;params?b", "/a;params?b"]
  ]
  for (const [url, target] of rows) {
    it.effect(`S2: ${JSON.stringify(url)} is one target, encoded`, () =>
      Effect.gen(function* () {
        const { network } = yield* dialling({}, url)
        const { request } = yield* ServerPeer.accept(yield* network.accept)
        assert.strictEqual(request.resourceName, target)
        assert.notInclude(
          request.headers.map(([name]) => name),
          "X-Injected"
        )
      })
    )
  }
})

describe("S6, S7: how much a server can make a client hold or do", () => {
  it.effect("S6: a header that announces 1 TiB is refused as it comes, and told 1009", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected()
      yield* server.write(Uint8Array.of(0x82, 127, 0, 0, 1, 0, 0, 0, 0, 0))
      yield* failsWith(socket.receive, { _tag: "MessageTooBig", limit: "maxMessageBytes" })
      assert.deepInclude(yield* server.next, { _tag: "Close", closeCode: 1009 })
    })
  )

  it.effect("S6: so are fragments that become too much together", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected()
      yield* server.write(text("x".repeat(0x80000), false))
      yield* server.write(frame(Opcode.continuation, "x".repeat(0x80001), false))
      yield* failsWith(socket.receive, { _tag: "MessageTooBig", limit: "maxMessageBytes" })
    })
  )

  it.effect("S7: a flood of empty fragments ends at the 1,025th", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected()
      yield* server.write(text("", false))
      for (let i = 0; i < 1024; i++) yield* server.write(frame(Opcode.continuation, "", false))
      yield* failsWith(socket.receive, { _tag: "MessageTooBig", limit: "maxFragments", seen: 1025 })
    })
  )

  it.effect("S7: 16 MiB in 20,000 fragments cost a few copies of each byte, not one for each fragment", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected({ limits: { maxMessageBytes: "unlimited" } })
      const fragment = new Uint8Array(839)
      let copied = 0
      const set = Uint8Array.prototype.set
      Uint8Array.prototype.set = function (this: Uint8Array, source: ArrayLike<number>, offset?: number) {
        copied += source.length
        return set.call(this, source, offset)
      }
      try {
        yield* server.write(frame(Opcode.binary, fragment, false))
        for (let i = 1; i < 19_999; i++) yield* server.write(frame(Opcode.continuation, fragment, false))
        yield* server.write(frame(Opcode.continuation, fragment))
        const message = yield* socket.receive
        assert.strictEqual(message.length, 20_000 * fragment.length)
      } finally {
        Uint8Array.prototype.set = set
      }
      // Encoding by the server of the test, the way through memory, assembly with its growing: each a few times at most.
      assert.isBelow(copied, 10 * 20_000 * fragment.length)
    })
  )
})

describe("S8: an answer that never ends", () => {
  it.effect("S8: dripped a byte each second, it ends with the deadline", () =>
    Effect.gen(function* () {
      const { connecting, network } = yield* dialling()
      const wire = yield* network.accept
      yield* ServerPeer.answer(wire, "HTTP/1.1 101 Switching Protocols\r\n")
      for (let i = 0; i < 10; i++) {
        assert.isTrue(yield* isWaiting(connecting))
        wire.send(bytes("X"))
        yield* TestClock.adjust("1 second")
      }
      assert.deepInclude((yield* failureOf(connecting)).reason, { _tag: "TimedOut", stage: "upgrade" })
      yield* wire.destroyed
    })
  )

  it.effect("S8: sent in one flood, it ends at 16 KiB, or at 128 headers", () =>
    Effect.gen(function* () {
      const long = yield* answered(`HTTP/1.1 101 A\r\nX: ${"x".repeat(0x4000)}`)
      assert.deepInclude((yield* long.error).reason, { check: "HeadTooLong" })
      const many = yield* answered(`HTTP/1.1 101 A\r\n${"X: y\r\n".repeat(129)}`)
      assert.deepInclude((yield* many.error).reason, { check: "TooManyHeaders" })
    })
  )
})

describe("S9, S10, S11: frames that break the protocol", () => {
  const rows: ReadonlyArray<readonly [what: string, frame: ReadonlyArray<number>, rule: string]> = [
    ["S9: a masked frame", [0x81, 0x80, 0, 0, 0, 0], "MaskedServerFrame"],
    ["S10: a pong in fragments", [0x0a, 0x00], "FragmentedControlFrame"],
    ["S10: a Close in fragments", [0x08, 0x00], "FragmentedControlFrame"],
    ["S10: a pong of 126 bytes", [0x8a, 126, 0, 126], "ControlFrameTooLong"],
    ["S10: a length of 5 in two bytes", [0x81, 126, 0, 5], "NonMinimalLength"],
    ["S10: a length of 5 in eight bytes", [0x81, 127, 0, 0, 0, 0, 0, 0, 0, 5], "NonMinimalLength"],
    ["S10: a length of 2^63", [0x81, 127, 0x80, 0, 0, 0, 0, 0, 0, 0], "LengthTopBit"],
    ["S11: a reserved bit", [0xc1, 0x00], "ReservedBits"],
    ["S11: a reserved opcode", [0x83, 0x00], "ReservedOpcode"]
  ]
  for (const [what, wire, rule] of rows) {
    it.effect(`${what}: the peer is told 1002, and the connection is over`, () =>
      Effect.gen(function* () {
        const { server, socket } = yield* connected()
        yield* server.write(Uint8Array.from(wire))
        yield* failsWith(socket.receive, { _tag: "ProtocolViolation", rule, closeCode: 1002 })
        assert.deepInclude(yield* server.next, { _tag: "Close", closeCode: 1002 })
        yield* failsWith(socket.send("more"), { _tag: "ConnectionClosed" })
      })
    )
  }
})

describe("S12: Close frames", () => {
  it.effect("S12: the peer's code is what it gets back", () =>
    Effect.gen(function* () {
      const { server } = yield* connected()
      yield* server.close(4001, "bye")
      assert.deepInclude(yield* server.next, { _tag: "Close", closeCode: 4001 })
    })
  )

  const illegal: ReadonlyArray<
    readonly [what: string, act: (socket: Pair.Pair["socket"]) => Effect.Effect<unknown, unknown>]
  > = [
    ["a reserved code", (socket) => socket.close(1005)],
    ["a code that is none", (socket) => socket.close(999)],
    ["a reason of 124 bytes", (socket) => socket.close(1000, "x".repeat(124))],
    ["a ping of 126 bytes", (socket) => socket.ping(new Uint8Array(126))]
  ]
  for (const [what, act] of illegal) {
    it.effect(`S12: ${what} is not sent`, () =>
      Effect.gen(function* () {
        const { server, socket } = yield* connected()
        yield* failsWith(act(socket) as Effect.Effect<unknown, object>, { _tag: "InvalidMessage" })
        yield* socket.send("goes on")
        assert.deepInclude(yield* server.next, { message: "goes on" })
      })
    )
  }
})

describe("S13: text that is no UTF-8", () => {
  const rows: ReadonlyArray<readonly [what: string, frames: ReadonlyArray<Uint8Array>]> = [
    ["cut off inside a character", [frame(Opcode.text, Uint8Array.of(0xe2, 0x82))]],
    ["wrong in a message that is not complete", [frame(Opcode.text, Uint8Array.of(0x61, 0xff), false)]],
    [
      "wrong across two fragments",
      [frame(Opcode.text, Uint8Array.of(0xe2), false), frame(Opcode.continuation, Uint8Array.of(0x28, 0xa1))]
    ],
    ["half a surrogate pair", [frame(Opcode.text, Uint8Array.of(0xed, 0xa0, 0x80))]],
    ["in the reason of a Close", [frame(Opcode.close, Uint8Array.of(0x03, 0xe8, 0xff))]]
  ]
  for (const [what, frames] of rows) {
    it.effect(`S13: ${what}: 1007, at once`, () =>
      Effect.gen(function* () {
        const { server, socket } = yield* connected()
        for (const each of frames) yield* server.write(each)
        yield* failsWith(socket.receive, { _tag: "ProtocolViolation", closeCode: 1007 })
      })
    )
  }
})

describe("S14, S15, S16: answers that are no legal handshake", () => {
  const accept = "ICX+Yqv66kxgM0FcWaLWlFLwTAI="
  const answer = (lines: ReadonlyArray<string>, start = "HTTP/1.1 101 Switching Protocols") =>
    [start, "Upgrade: websocket", "Connection: Upgrade", ...lines, "", ""].join("\r\n")
  const good = `Sec-WebSocket-Accept: ${accept}`
  const rows: ReadonlyArray<readonly [what: string, answer: string, check: string]> = [
    ["S14: an Accept in other case", answer([`Sec-WebSocket-Accept: ${accept.toLowerCase()}`]), "AcceptMismatch"],
    ["S15: HTTP/1.0", answer([good], "HTTP/1.0 101 A"), "HttpVersion"],
    ["S15: no HTTP at all", answer([good], "ICY 101 A"), "StatusLine"],
    ["S15: a status of four digits", answer([good], "HTTP/1.1 1010 A"), "StatusLine"],
    ["S15: two Accepts, the last of them right", answer(["Sec-WebSocket-Accept: x", good]), "AcceptRepeated"],
    [
      "S15: two subprotocols",
      answer([good, "Sec-WebSocket-Protocol: a", "Sec-WebSocket-Protocol: a"]),
      "SubprotocolRepeated"
    ],
    ["S16: a subprotocol that nobody offered", answer([good, "Sec-WebSocket-Protocol: b"]), "SubprotocolNotOffered"],
    ["S16: an extension that nobody offered", answer([good, "Sec-WebSocket-Extensions: x-evil"]), "ExtensionNotOffered"]
  ]
  for (const [what, said, check] of rows) {
    it.effect(what, () =>
      Effect.gen(function* () {
        const { error, wire } = yield* answered(said, { subprotocols: ["a"] })
        assert.deepInclude((yield* error).reason, { _tag: "HandshakeInvalid", check })
        yield* wire.destroyed
      })
    )
  }
})

describe("S17: a request that does not fit into one write", () => {
  it.effect("S17: arrives whole, however slowly the server takes it", () =>
    Effect.gen(function* () {
      const long = "x".repeat(200_000)
      const { connecting, network } = yield* dialling({ headers: { "X-Long": long } })
      const wire = yield* network.accept
      wire.stall()
      const taking = yield* start(
        Effect.gen(function* () {
          let taken = ""
          while (!taken.endsWith("\r\n\r\n")) taken += new TextDecoder().decode(yield* wire.take)
          return taken
        })
      )
      for (let i = 0; i < 30; i++) {
        wire.admit(7000)
        yield* settle
      }
      wire.resume()
      assert.include(yield* Fiber.join(taking), `X-Long: ${long}\r\n`)
      yield* Fiber.interrupt(connecting)
    })
  )
})

describe("S25: the masking key", () => {
  it.effect("S25: is another for each frame, and no option has a say in it", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* Pair.open({ client: { compression: false, keepAlive: false } })
      const from = wire.written().length
      for (let i = 0; i < 64; i++) yield* socket.send("aaaa")
      for (let i = 0; i < 64; i++) yield* server.next
      const written = wire.written().subarray(from)
      const keys = Array.from({ length: 64 }, (_, i) => String(written.subarray(i * 10 + 2, i * 10 + 6)))
      assert.strictEqual(new Set(keys).size, 64)
      for (const name of ["maskingKey", "get_mask_key", "mask", "maskKey"]) {
        assert.match((yield* notDialled({ [name]: () => 0 })).message, /no such option/)
      }
    })
  )
})

describe("S26: a send that was given up half-way", () => {
  it.effect("S26: has been sent whole, so the frames after it are frames", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* connected({ compression: false })
      wire.stall()
      const long = "x".repeat(300_000)
      const sending = yield* start(Effect.timeout(Effect.andThen(socket.send(long), socket.flush), "1 second"))
      wire.admit(1000)
      yield* TestClock.adjust("1 second")
      assert.isTrue(Exit.isFailure(yield* Fiber.await(sending)))
      wire.resume()
      yield* socket.send("next")
      assert.deepInclude(yield* server.next, { message: long })
      assert.deepInclude(yield* server.next, { message: "next" })
    })
  )

  it.effect("S26: or never leaves, when it had not begun", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* connected({ compression: false }, { highWaterMark: 1 })
      wire.stall()
      yield* socket.send("first")
      yield* settle
      const sending = yield* start(socket.send("second"))
      assert.isTrue(yield* isWaiting(sending))
      yield* Fiber.interrupt(sending)
      wire.resume()
      yield* socket.send("third")
      assert.deepInclude(yield* server.next, { message: "first" })
      assert.deepInclude(yield* server.next, { message: "third" })
    })
  )
})

describe("S27: what a dead connection leaves behind", () => {
  it.effect("S27: is nothing for the next one: no half message, no half frame, no half character", () =>
    Effect.gen(function* () {
      for (const leftover of [
        text("half a mess", false),
        Uint8Array.of(0x81, 0x05, 0x61),
        frame(Opcode.text, Uint8Array.of(0xe2), false)
      ]) {
        const dead = yield* connected()
        yield* dead.server.write(leftover)
        yield* settle
        dead.wire.reset()
        yield* failsWith(dead.socket.receive, { _tag: "ConnectionClosed" })
        const { server, socket } = yield* connected()
        yield* server.send("whole")
        assert.strictEqual(yield* socket.receive, "whole")
      }
    })
  )
})

describe("S29: a flood of pings", () => {
  it.effect("S29: while the server takes no pong, one is kept: the newest", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* connected({}, { highWaterMark: 1 })
      wire.stall()
      yield* socket.send("blocks")
      yield* settle
      const before = yield* socket.bufferedBytes
      for (let i = 0; i < 1000; i++) yield* server.ping(bytes(`${i}`))
      yield* settle
      assert.isBelow((yield* socket.bufferedBytes) - before, 1000)
      wire.resume()
      assert.deepInclude(yield* server.next, { message: "blocks" })
      let last: ServerPeer.Event = yield* server.next
      for (let event = last; event._tag === "Pong" && new TextDecoder().decode(event.payload) !== "999"; ) {
        event = yield* server.next
        last = event
      }
      assert.deepStrictEqual(last, { _tag: "Pong", payload: bytes("999") })
    })
  )
})

describe("S30: a mistake of the program's", () => {
  it.effect("S30: a defect while messages are handled is not swallowed, and the server hears 1011", () =>
    Effect.gen(function* () {
      const mistake = new Error("a mistake")
      const { leave, server, socket } = yield* connected()
      yield* server.send("boom")
      const exit = yield* Effect.exit(Stream.runForEach(socket.messages, () => Effect.die(mistake)))
      assert.deepStrictEqual(exit, Exit.die(mistake))
      const leaving = yield* start(leave(exit))
      assert.deepInclude(yield* server.next, { _tag: "Close", closeCode: 1011, closeReason: "" })
      yield* server.end
      yield* Fiber.join(leaving)
    })
  )

  it.effect("S30: a transport that dies is a defect, not a closed connection", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(Effect.scoped(Effect.provide(WebSocket.connect("ws://a.test/"), undiallable)))
      assert.strictEqual(
        Exit.isFailure(exit) && Cause.hasDies(exit.cause) && Cause.squash(exit.cause),
        "it was dialled"
      )
    })
  )
})

describe("S31: signals of the process", () => {
  it.effect("S31: nobody listens to them because of a connection", () =>
    Effect.gen(function* () {
      const signals = ["SIGINT", "SIGTERM", "SIGHUP", "uncaughtException", "unhandledRejection", "exit"]
      const listeners = () => signals.map((signal) => process.listenerCount(signal))
      const before = listeners()
      const { server, socket } = yield* connected()
      assert.deepStrictEqual(listeners(), before)
      yield* server.send("hello")
      yield* socket.receive
      assert.deepStrictEqual(listeners(), before)
    })
  )
})

describe("S32: what a peer says, in a terminal", () => {
  it("S32: no control character and no bidirectional control is left of it, and it is cut", () => {
    const control = Array.from({ length: 0xa0 }, (_, code) => String.fromCharCode(code)).join("")
    for (const hostile of [control, "\u001b]0;title\u0007\u001b[2J", "\u202egpj.exe", "\u2066\u2069\u200e", "\u2028"]) {
      assert.notMatch(escapePeerText(hostile), /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u)
    }
    assert.isBelow(escapePeerText("x".repeat(1_000_000)).length, 300)
  })
})

describe("S34: the Origin header", () => {
  it.effect("S34: is not made up from the server's name", () =>
    Effect.gen(function* () {
      const { network } = yield* dialling()
      const { request } = yield* ServerPeer.accept(yield* network.accept)
      assert.notInclude(
        request.headers.map(([name]) => name.toLowerCase()),
        "origin"
      )
    })
  )
})
