/** The rules of effect/socket, over the network in memory. */
import { assert, describe, it } from "@effect/vitest"
import type { ConnectOptions } from "@effect-websocket/client"
import * as Adapter from "@effect-websocket/client/Socket"
import { ServerPeer } from "@effect-websocket/client/testing"
import { Refused } from "@effect-websocket/transport"
import { MemoryTransport } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import * as TestClock from "effect/testing/TestClock"
import { isWaiting, numbers, settle, start, violation } from "./harness.ts"

const made = Effect.fnUntraced(function* (options: ConnectOptions = {}, network: { highWaterMark?: number } = {}) {
  const memory = yield* MemoryTransport.make(network)
  const socket = yield* Effect.provide(Adapter.make("ws://server.test/", options), memory.layer)
  const accept = Effect.flatMap(memory.accept, (wire) =>
    Effect.map(ServerPeer.accept(wire), (server) => ({ wire, server }))
  )
  /** Acquires the reader in a scope of its own. */
  const dial = Effect.gen(function* () {
    const scope = yield* Scope.make()
    const dialling = yield* start(Scope.provide(socket.reader, scope))
    const peer = yield* accept
    const reader = yield* Fiber.join(dialling)
    yield* Effect.addFinalizer(() => Effect.sync(() => peer.wire.reset()))
    return { ...peer, ...reader, leave: Scope.close(scope, Exit.void) }
  })
  return { socket, memory, dial, writer: yield* socket.writer }
})

const reasonOf = <A>(pull: Effect.Effect<A, Socket.SocketError>) =>
  Effect.map(Effect.flip(pull), ({ reason }) => reason)

describe("the reader", () => {
  it.effect("dials when it is acquired, not before, and pulls what one read brought as it came", () =>
    Effect.gen(function* () {
      const { dial, memory } = yield* made()
      const early = yield* start(memory.dial)
      assert.isTrue(yield* isWaiting(early))
      yield* Fiber.interrupt(early)
      const { pull, server } = yield* dial
      yield* server.together([server.send("text"), server.send(Uint8Array.of(1)), server.send("")])
      assert.deepStrictEqual(yield* pull, ["text", Uint8Array.of(1), ""])
    })
  )

  const ends: Record<string, readonly [(peer: ServerPeer.ServerPeer) => Effect.Effect<void>, object]> = {
    "a clean close": [
      (server) => server.close(1000, "bye"),
      { _tag: "SocketCloseError", code: 1000, closeReason: "bye" }
    ],
    "a close without a code": [(server) => server.close(), { _tag: "SocketCloseError", code: 1005 }],
    "an application's code": [(server) => server.close(4001), { _tag: "SocketCloseError", code: 4001 }],
    "a lost connection": [(server) => server.end, { _tag: "SocketCloseError", code: 1006 }]
  }
  for (const [what, [end, reason]] of Object.entries(ends)) {
    it.effect(`${what} fails the pull, after what came before`, () =>
      Effect.gen(function* () {
        const { pull, server } = yield* (yield* made()).dial
        yield* server.send("last")
        yield* end(server)
        assert.deepStrictEqual(yield* pull, ["last"])
        assert.deepInclude(yield* reasonOf(pull), reason)
        assert.deepInclude(yield* reasonOf(pull), reason)
      })
    )
  }

  it.effect("our own verdict is a SocketReadError with itself as the cause", () =>
    Effect.gen(function* () {
      const { pull, server } = yield* (yield* made()).dial
      yield* server.write(violation)
      const reason = yield* reasonOf(pull)
      if (reason._tag !== "SocketReadError") return assert.fail(reason._tag)
      assert.deepInclude(reason.cause, { _tag: "ProtocolViolation", closeCode: 1002 })
    })
  )

  it.effect("a pull that is interrupted loses nothing, and of several each gets its own", () =>
    Effect.gen(function* () {
      const { pull, server } = yield* (yield* made()).dial
      const interrupted = yield* start(pull)
      yield* Fiber.interrupt(interrupted)
      yield* server.send("a")
      yield* settle
      const pulling = yield* start(Effect.all([pull, pull], { concurrency: 2 }))
      yield* server.send("b")
      assert.deepStrictEqual(yield* Fiber.join(pulling), [["a"], ["b"]])
    })
  )

  it.effect("closing its scope fails a suspended pull at once, and says goodbye to the server", () =>
    Effect.gen(function* () {
      const { leave, pull, server, wire } = yield* (yield* made()).dial
      const pulling = yield* start(reasonOf(pull))
      const leaving = yield* start(leave)
      assert.deepInclude(yield* Fiber.join(pulling), { _tag: "SocketCloseError", code: 1006 })
      assert.isTrue(yield* isWaiting(leaving))
      assert.deepInclude(yield* server.next, { _tag: "Close", closeCode: 1000 })
      wire.end()
      yield* Fiber.join(leaving)
    })
  )

  it.effect("a dial that fails is a SocketOpenError with the ConnectError as its cause", () =>
    Effect.gen(function* () {
      const { memory, socket } = yield* made()
      const dialling = yield* start(reasonOf(Effect.scoped(socket.reader)))
      yield* memory.refuse(new Refused({ address: "192.0.2.1:80" }))
      const reason = yield* Fiber.join(dialling)
      if (reason._tag !== "SocketOpenError") return assert.fail(reason._tag)
      assert.strictEqual(reason.kind, "Unknown")
      assert.deepInclude(reason.cause, { _tag: "ConnectError" })
    })
  )

  it.effect("a deadline that passes is one of the kind Timeout", () =>
    Effect.gen(function* () {
      const { socket } = yield* made({ deadlines: { openTimeout: "3 seconds" } })
      const dialling = yield* start(reasonOf(Effect.scoped(socket.reader)))
      yield* TestClock.adjust("3 seconds")
      assert.deepInclude(yield* Fiber.join(dialling), { _tag: "SocketOpenError", kind: "Timeout" })
    })
  )

  it.effect("there is no TLS to begin within a WebSocket", () =>
    Effect.gen(function* () {
      const { upgrade } = yield* (yield* made()).dial
      assert.strictEqual((yield* reasonOf(upgrade()))._tag, "SocketUpgradeError")
    })
  )

  it.effect("the URL may be an Effect, which runs for each dial", () =>
    Effect.gen(function* () {
      const memory = yield* MemoryTransport.make()
      let dials = 0
      const url = Effect.suspend(() =>
        ++dials === 3 ? Effect.fail("no token left") : Effect.succeed(`ws://server.test/${dials}`)
      )
      const socket = yield* Effect.provide(Adapter.make(url), memory.layer)
      const listening = yield* start(
        Effect.scoped(Effect.flatMap(socket.reader, ({ pull }) => Effect.forever(pull))).pipe(
          Effect.retry(Schedule.recurs(2)),
          reasonOf
        )
      )
      for (const path of ["/1", "/2"]) {
        const wire = yield* memory.accept
        const server = yield* ServerPeer.accept(wire)
        assert.strictEqual(server.request.resourceName, path)
        wire.reset()
      }
      assert.deepInclude(yield* Fiber.join(listening), { _tag: "SocketOpenError", cause: "no token left" })
    })
  )
})

describe("the writer", () => {
  it.effect("waits while there is no connection, and goes on with the first", () =>
    Effect.gen(function* () {
      const { dial, writer } = yield* made()
      const writing = yield* start(writer.writeAll(["a", Uint8Array.of(2)]))
      assert.isTrue(yield* isWaiting(writing))
      const { server } = yield* dial
      assert.deepStrictEqual(yield* server.next, { _tag: "Message", message: "a" })
      assert.deepStrictEqual(yield* server.next, { _tag: "Message", message: Uint8Array.of(2) })
      yield* Fiber.join(writing)
    })
  )

  it.effect("after a loss it waits for the next connection, although the old reader is still held", () =>
    Effect.gen(function* () {
      const { dial, writer } = yield* made()
      const first = yield* dial
      first.wire.reset()
      yield* settle
      const writing = yield* start(writer.write("for the next"))
      assert.isTrue(yield* isWaiting(writing))
      const second = yield* dial
      assert.deepStrictEqual(yield* second.server.next, { _tag: "Message", message: "for the next" })
      yield* first.leave
      yield* writer.write("the old one's end changes nothing")
    })
  )

  it.effect("what waited for its turn when a connection ended is sent once, on the next", () =>
    Effect.gen(function* () {
      const { dial, writer } = yield* made({}, { highWaterMark: 1 })
      const first = yield* dial
      first.wire.stall()
      yield* writer.write("accepted, and lost with the connection")
      yield* settle
      const texts = numbers(5) as unknown as readonly [string, ...Array<string>]
      const writing = yield* start(writer.writeAll(texts))
      assert.isTrue(yield* isWaiting(writing))
      first.wire.reset()
      const second = yield* dial
      for (const message of texts) assert.deepStrictEqual(yield* second.server.next, { _tag: "Message", message })
      yield* Fiber.join(writing)
    })
  )

  it.effect("waits while the peer is slow", () =>
    Effect.gen(function* () {
      const { dial, writer } = yield* made({}, { highWaterMark: 1000 })
      const { wire } = yield* dial
      wire.stall()
      const writing = yield* start(Effect.forever(writer.write(new Uint8Array(500)), { disableYield: true }))
      assert.isTrue(yield* isWaiting(writing))
      yield* Fiber.interrupt(writing)
    })
  )

  it.effect("a CloseEvent performs the closing handshake, with its code and reason", () =>
    Effect.gen(function* () {
      const { dial, writer } = yield* made()
      const { pull, server, wire } = yield* dial
      const closing = yield* start(writer.write(new Socket.CloseEvent(4000, "done")))
      assert.deepStrictEqual(yield* server.next, { _tag: "Close", closeCode: 4000, closeReason: "done" })
      wire.end()
      yield* Fiber.join(closing)
      assert.deepInclude(yield* reasonOf(pull), { _tag: "SocketCloseError", code: 4000 })
    })
  )

  it.effect("what is not legal fails with SocketWriteError, and the connection goes on", () =>
    Effect.gen(function* () {
      const { dial, writer } = yield* made()
      const { server } = yield* dial
      for (const illegal of ["\ud800", new Socket.CloseEvent(1005)]) {
        const reason = yield* reasonOf(writer.write(illegal))
        if (reason._tag !== "SocketWriteError") return assert.fail(reason._tag)
        assert.deepInclude(reason.cause, { _tag: "InvalidMessage" })
      }
      yield* writer.write("x")
      assert.deepStrictEqual(yield* server.next, { _tag: "Message", message: "x" })
    })
  )
})
