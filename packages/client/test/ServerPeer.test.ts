/** The scripted server that ships to users: what it tells, what it sends, and what it does by itself. */
import { assert, describe, it } from "@effect/vitest"
import { WebSocket } from "@effect-websocket/client"
import { Pair, ServerPeer } from "@effect-websocket/client/testing"
import { MemoryTransport } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { bytes, settle, start, text } from "./harness.ts"

describe("what it tells", () => {
  it.effect("events in the order in which they came on the wire, also those of one read", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* Pair.open({ server: { mute: true } })
      yield* socket.send("a")
      yield* start(socket.ping(bytes("p")))
      yield* socket.send(Uint8Array.of(1))
      yield* socket.pong(bytes("q"))
      yield* start(socket.close(4000, "bye"))
      assert.deepStrictEqual(yield* server.next, { _tag: "Message", message: "a" })
      assert.deepStrictEqual(yield* server.next, { _tag: "Ping", payload: bytes("p") })
      assert.deepStrictEqual(yield* server.next, { _tag: "Message", message: Uint8Array.of(1) })
      assert.deepStrictEqual(yield* server.next, { _tag: "Pong", payload: bytes("q") })
      assert.deepStrictEqual(yield* server.next, { _tag: "Close", closeCode: 4000, closeReason: "bye" })
    })
  )

  it.effect("the end of the stream, again and again", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* Pair.open()
      yield* socket.abort
      assert.deepStrictEqual(yield* server.next, { _tag: "End" })
      assert.deepStrictEqual(yield* server.next, { _tag: "End" })
    })
  )

  it.effect("a violation of its peer: here a client that does not mask", () =>
    Effect.gen(function* () {
      const network = yield* MemoryTransport.make()
      const connecting = yield* start(
        Effect.provide(WebSocket.connect("ws://server.test/", { keepAlive: false }), network.layer)
      )
      const wire = yield* network.accept
      const server = yield* ServerPeer.accept({
        ...wire,
        take: Effect.map(wire.take, (taken) => (String.fromCharCode(taken[0]!) === "G" ? taken : text("unmasked")))
      })
      const socket = yield* Fiber.join(connecting)
      yield* socket.send("x")
      assert.deepStrictEqual(yield* server.next, { _tag: "Violation", rule: "UnmaskedClientFrame" })
      wire.reset()
    })
  )
})

describe("what it does", () => {
  it.effect("reads only while the next event is asked for, and answers what it reads", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* Pair.open()
      const ping = yield* start(socket.ping())
      yield* settle
      assert.isUndefined(ping.pollUnsafe())
      yield* server.next
      yield* Fiber.join(ping)
    })
  )

  it.effect("mute, it answers neither pings nor Closes, and sends what it is told to", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* Pair.open({ server: { mute: true } })
      yield* start(socket.ping(bytes("p")))
      yield* start(socket.close())
      yield* server.next
      yield* server.next
      yield* settle
      assert.isFalse(wire.isDestroyed())
      yield* server.send("still here")
      assert.strictEqual(yield* socket.receive, "still here")
    })
  )

  it.effect("several steps together are one write, and one read here", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* Pair.open()
      yield* server.together([
        server.send("a"),
        server.together([server.write(text("b")), server.send("c")]),
        server.ping(),
        server.send("d")
      ])
      assert.deepStrictEqual(yield* socket.receiveN(10), ["a", "b", "c", "d"])
    })
  )

  it.effect("sends the first frames right behind its answer", () =>
    Effect.gen(function* () {
      const { socket } = yield* Pair.open({ server: { first: text("hello") } })
      assert.strictEqual(yield* socket.receive, "hello")
    })
  )

  it.effect("echoes until the client is gone", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* Pair.open()
      const echo = yield* start(ServerPeer.echo(server))
      for (const message of ["a", Uint8Array.of(1, 2)]) {
        yield* socket.send(message)
        assert.deepStrictEqual(yield* socket.receive, message)
      }
      assert.isTrue((yield* socket.close()).clean)
      yield* Fiber.join(echo)
    })
  )
})

describe("what it does not send", () => {
  const mistakes: ReadonlyArray<readonly [rule: string, step: (server: ServerPeer.ServerPeer) => Effect.Effect<void>]> =
    [
      ["ReservedCloseCode", (server) => server.close(1005)],
      ["CloseReasonWithoutCode", (server) => server.close(undefined, "why")],
      ["CloseReasonTooLong", (server) => server.close(1000, "x".repeat(124))],
      ["LoneSurrogate", (server) => server.send("\ud800")],
      ["ControlPayloadTooLong", (server) => server.ping(new Uint8Array(126))],
      ["ControlPayloadTooLong", (server) => server.pong(new Uint8Array(126))]
    ]
  for (const mute of [false, true]) {
    for (const [rule, step] of mistakes) {
      it.effect(`${rule}, ${mute ? "" : "not "}mute: it dies, so that no test waits for it`, () =>
        Effect.gen(function* () {
          const { server, wire } = yield* Pair.open({ server: { mute } })
          const defect = yield* Effect.catchDefect(step(server), Effect.succeed)
          assert.propertyVal(defect, "rule", rule)
          assert.strictEqual(wire.unread(), 0)
        })
      )
    }
  }
})

describe("Pair.open", () => {
  it.effect("fails with options that are not legal, though nothing is dialled with them", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Pair.open({ client: { headers: { Host: "other.test" } } }))
      assert.strictEqual(error.reason._tag, "InvalidOptions")
    })
  )

  it.effect("fails with the client when it ends before it dials", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Pair.open({ client: { headers: Effect.fail("no token") } }))
      assert.strictEqual(error.reason._tag, "OptionFailed")
    })
  )

  it.effect("breaks the network when its scope is left, so that no test waits for a goodbye", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { socket, wire } = yield* Scope.provide(Pair.open(), scope)
      yield* Scope.close(scope, Exit.void)
      assert.isTrue(wire.isDestroyed())
      assert.deepInclude(yield* socket.closed, { by: "network", clean: false })
    })
  )
})
