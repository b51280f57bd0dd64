/** One end, told the same to everyone, whoever asks and whenever: the reason does not change afterwards. */
import { assert, describe, it } from "@effect/vitest"
import { ServerPeer } from "@effect-websocket/client/testing"
import { Opcode } from "@effect-websocket/core"
import { type ByteStream, Reset, Transport, TransportError, wrapStream } from "@effect-websocket/transport"
import { MemoryTransport } from "@effect-websocket/transport/testing"
import * as Bytes from "effect/Bytes"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { type ConnectOptions, WebSocket } from "../src/index.ts"
import { connected, failsWith, frame, isWaiting, settle, start, text, violation } from "./harness.ts"

/** A connection whose writer waits for the peer. */
const blocked = Effect.fnUntraced(function* () {
  const all = yield* connected({ limits: { inboxMessages: 1 } }, { highWaterMark: 1, mute: true })
  all.wire.stall()
  yield* all.socket.send("x")
  yield* settle
  return all
})

describe("the reason does not change afterwards", () => {
  it.effect("a writer that breaks because the connection was given up does not replace why it was", () =>
    Effect.gen(function* () {
      const { socket } = yield* blocked()
      yield* TestClock.adjust("40 seconds")
      yield* settle
      yield* failsWith(socket.receive, { _tag: "PongTimeout" })
      const told = yield* Effect.flip(socket.send("y"))
      assert.nestedPropertyVal(told, "cause._tag", "PongTimeout")
      assert.propertyVal(told, "by", "us")
    })
  )

  it.effect("a flush that waits when the program aborts learns of that, not of the destroyed stream", () =>
    Effect.gen(function* () {
      const { socket } = yield* blocked()
      const flushing = yield* start(Effect.flip(socket.flush))
      yield* socket.abort
      const error = yield* Fiber.join(flushing)
      assert.deepInclude(error, { by: "us", closeCode: 1006 })
      assert.notProperty(error, "cause")
    })
  )

  it.effect("a flush that waits when the connection breaks learns of that", () =>
    Effect.gen(function* () {
      const { socket, wire } = yield* blocked()
      const flushing = yield* start(Effect.flip(socket.flush))
      wire.reset("EPIPE")
      const error = yield* Fiber.join(flushing)
      assert.deepInclude(error, { by: "network", cause: new TransportError({ reason: new Reset({ code: "EPIPE" }) }) })
    })
  )

  it.effect("a flush that waits when we close succeeds once all is out", () =>
    Effect.gen(function* () {
      const { socket, wire } = yield* blocked()
      const flushing = yield* start(socket.flush)
      yield* start(socket.close())
      wire.resume()
      yield* Fiber.join(flushing)
    })
  )

  it.effect("a send and a ping that wait when the peer breaks a rule learn of that", () =>
    Effect.gen(function* () {
      const { socket, wire } = yield* blocked()
      const waiting = yield* start(Effect.flip(socket.send("y")))
      const pinging = yield* start(Effect.flip(socket.ping()))
      wire.send(violation)
      yield* failsWith(socket.receive, { _tag: "ProtocolViolation" })
      for (const error of [yield* Fiber.join(waiting), yield* Fiber.join(pinging)]) {
        assert.nestedPropertyVal(error, "cause._tag", "ProtocolViolation")
      }
    })
  )

  it.effect("a send that waits when the idle timeout closes the connection learns of that", () =>
    Effect.gen(function* () {
      const deadlines = { idleTimeout: "1 minute" } as const
      const { socket, wire } = yield* connected({ keepAlive: false, deadlines }, { highWaterMark: 1, mute: true })
      wire.stall()
      yield* socket.send("x")
      yield* settle
      const waiting = yield* start(Effect.flip(socket.send("y")))
      yield* TestClock.adjust("1 minute")
      assert.nestedPropertyVal(yield* Fiber.join(waiting), "cause._tag", "IdleTimeout")
    })
  )

  it.effect("all who wait learn of the same error", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected({}, { mute: true })
      const [receive, ping] = [yield* start(Effect.flip(socket.receive)), yield* start(Effect.flip(socket.ping()))]
      yield* server.close(1011, "no")
      const error = yield* Fiber.join(receive)
      assert.strictEqual<unknown>(yield* Fiber.join(ping), error)
      assert.strictEqual<unknown>(yield* Effect.flip(socket.send("x")), error)
      assert.strictEqual<unknown>(yield* Effect.flip(socket.receive), error)
    })
  )
})

describe("a transport of the program's own", () => {
  /** In memory, with parts replaced. The connection is in the scope, if one is given, and else in the test's. */
  const over = (change: (stream: ByteStream) => ByteStream, scope?: Scope.Scope, options?: ConnectOptions) =>
    Effect.gen(function* () {
      const network = yield* MemoryTransport.make()
      const layer = Layer.effect(
        Transport,
        Effect.map(Transport, ({ open }) => ({ open: (target) => Effect.map(open(target), change) }))
      )
      const connecting = yield* start(
        WebSocket.connect("ws://server.test/", options).pipe(
          Scope.provide(scope ?? (yield* Effect.scope)),
          Effect.provide(Layer.provide(layer, network.layer))
        )
      )
      const wire = yield* network.accept
      const server = yield* ServerPeer.accept(wire)
      yield* Effect.addFinalizer(() => Effect.sync(() => wire.reset()))
      return { socket: yield* Fiber.join(connecting), server, wire }
    })

  it.effect("that dies while it is read ends the connection, and nobody waits for ever", () =>
    Effect.gen(function* () {
      const messages: Array<unknown> = []
      const logger = Logger.make(({ message }) => messages.push(message))
      let pulls = 0
      const { socket, wire } = yield* over((stream) =>
        wrapStream(stream, {
          pull: Effect.suspend(() => (pulls++ === 0 ? stream.pull : Effect.die("a mistake of the transport")))
        })
      ).pipe(Effect.provide(Logger.layer([logger])))
      yield* failsWith(socket.receive, { _tag: "ConnectionClosed", closeCode: 1006 })
      yield* failsWith(socket.send("x"), { _tag: "ConnectionClosed" })
      yield* socket.closed
      assert.isTrue(wire.isDestroyed())
      assert.match(String(messages[0]), /session died.*a mistake/)
    })
  )

  it.effect("that throws where it must not is destroyed when the scope is left", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const throwing = () => {
        throw new Error("a mistake of the transport")
      }
      let writes = 0
      const { wire } = yield* over(
        (stream) =>
          wrapStream(stream, { writeUnsafe: (chunks) => (writes++ === 0 ? stream.writeUnsafe(chunks) : throwing()) }),
        scope
      )
      yield* Effect.exit(Scope.close(scope, Exit.void))
      assert.isTrue(wire.isDestroyed())
    })
  )

  for (const member of ["writeUnsafe", "unflushedBytes"] as const) {
    it.effect(`whose ${member} throws as nobody calls it ends the connection, and that is told`, () =>
      Effect.gen(function* () {
        const messages: Array<unknown> = []
        const logger = Logger.make(({ message }) => messages.push(message))
        const scope = yield* Scope.make()
        let isBroken = false
        const { socket, wire } = yield* over(
          (stream) =>
            wrapStream(stream, {
              [member]: (chunks: Parameters<ByteStream["writeUnsafe"]>[0]) => {
                if (isBroken) throw new Error("a mistake of the transport")
                return stream[member](chunks)
              }
            }),
          scope
        ).pipe(Effect.provide(Logger.layer([logger])))
        yield* socket.send("x")
        isBroken = true
        yield* socket.closed
        yield* failsWith(socket.receive, { _tag: "ConnectionClosed", closeCode: 1006 })
        yield* failsWith(socket.send("y"), { _tag: "ConnectionClosed" })
        assert.isTrue(wire.isDestroyed())
        assert.match(String(messages[0]), /session died.*a mistake/)
        yield* Effect.exit(Scope.close(scope, Exit.void))
      })
    )
  }

  it.effect("that throws when it is asked whether it stands still does so too", () =>
    Effect.gen(function* () {
      const messages: Array<unknown> = []
      const logger = Logger.make(({ message }) => messages.push(message))
      let isBroken = false
      const { server, socket, wire } = yield* over(
        (stream) =>
          wrapStream(stream, {
            unflushedBytes: () => {
              if (isBroken) throw new Error("a mistake of the transport")
              return stream.unflushedBytes()
            }
          }),
        undefined,
        { limits: { inboxMessages: 1 }, keepAlive: false }
      ).pipe(Effect.provide(Logger.layer([logger])))
      yield* server.together([server.send("a"), server.send("b")])
      yield* settle
      isBroken = true
      yield* TestClock.adjust("1 minute")
      yield* socket.closed
      assert.isTrue(wire.isDestroyed())
      assert.match(String(messages[0]), /session died.*a mistake/)
      assert.strictEqual(yield* socket.receive, "a")
      yield* failsWith(socket.receive, { _tag: "ConnectionClosed", closeCode: 1006 })
    })
  )

  it.effect("that never ends its write side, not even when it is destroyed, delays leaving by closeTimeout", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { server, wire } = yield* over((stream) => wrapStream(stream, { shutdown: Effect.never }), scope)
      const leaving = yield* start(Scope.close(scope, Exit.void))
      assert.propertyVal(yield* server.next, "_tag", "Close")
      yield* server.end
      yield* TestClock.adjust("9 seconds")
      yield* settle
      assert.isUndefined(leaving.pollUnsafe())
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(leaving)
      assert.isTrue(wire.isDestroyed())
    })
  )

  it.effect("that dies while it drains does so too", () =>
    Effect.gen(function* () {
      const messages: Array<unknown> = []
      const logger = Logger.make(({ message }) => messages.push(message))
      let writes = 0
      const { socket, wire } = yield* over((stream) =>
        wrapStream(stream, {
          writeUnsafe: (chunks) => writes++ === 0 && stream.writeUnsafe(chunks),
          drained: Effect.die("a mistake of the transport")
        })
      ).pipe(Effect.provide(Logger.layer([logger])))
      yield* socket.send("x")
      yield* socket.closed
      yield* failsWith(socket.send("y"), { _tag: "ConnectionClosed" })
      assert.isTrue(wire.isDestroyed())
      assert.match(String(messages[0]), /session died.*a mistake/)
    })
  )

  /** All writes but the first ones, at least the handshake, fail; what is read never ends. */
  const writesFail = (healthy = 1) => {
    const broken = new TransportError({ reason: new Reset({ code: "EPIPE" }) })
    let writes = 0
    const failed = Effect.suspend(() => (writes > healthy ? Effect.fail(broken) : Effect.void))
    const stream = (stream: ByteStream) =>
      wrapStream(stream, {
        writeUnsafe: (chunks) => writes++ < healthy && stream.writeUnsafe(chunks),
        drained: failed,
        flushed: failed,
        unflushedBytes: () => 0
      })
    return { broken, stream }
  }

  const lost = (cause: TransportError) => ({ _tag: "ConnectionClosed", closeCode: 1006, by: "network", cause }) as const

  /** It says that it takes what it loses, so only a flush tells of it. */
  const flushFails = () => {
    const broken = new TransportError({ reason: new Reset({ code: "EPIPE" }) })
    let writes = 0
    const stream = (stream: ByteStream) =>
      wrapStream(stream, {
        writeUnsafe: (chunks) => writes++ > 0 || stream.writeUnsafe(chunks),
        flushed: Effect.fail(broken)
      })
    return { broken, stream }
  }

  for (const [what, failing] of [
    ["writes", writesFail],
    ["flushes", flushFails]
  ] as const) {
    it.effect(`whose ${what} fail, and whose reads never end, ends after closeTimeout`, () =>
      Effect.gen(function* () {
        const { broken, stream } = failing()
        const { socket, wire } = yield* over(stream)
        yield* socket.send("lost")
        yield* failsWith(socket.flush, lost(broken))
        yield* failsWith(socket.send("x"), lost(broken))
        const receiving = yield* start(Effect.flip(socket.receive))
        yield* TestClock.adjust(9_999)
        assert.isTrue(yield* isWaiting(receiving))
        yield* TestClock.adjust(1)
        assert.deepInclude(yield* Fiber.join(receiving), lost(broken))
        assert.deepInclude(yield* socket.closed, { by: "network", closeCode: 1006 })
        assert.isTrue(wire.isDestroyed())
      })
    )
  }

  it.effect("whose writes fail: a ping that cannot be sent is no sign of life", () =>
    Effect.gen(function* () {
      const { broken, stream } = writesFail()
      const { socket } = yield* over(stream)
      const receiving = yield* start(Effect.flip(socket.receive))
      yield* TestClock.adjust(20_000 + 9_999)
      assert.isTrue(yield* isWaiting(receiving))
      yield* TestClock.adjust(1)
      assert.deepInclude(yield* Fiber.join(receiving), lost(broken))
    })
  )

  it.effect("whose writes fail while a pong is due: the peer is not blamed for its silence", () =>
    Effect.gen(function* () {
      const { broken, stream } = writesFail(2)
      const { socket } = yield* over(stream)
      const receiving = yield* start(Effect.flip(socket.receive))
      yield* TestClock.adjust("35 seconds")
      yield* socket.send("lost")
      yield* TestClock.adjust(9_999)
      assert.isTrue(yield* isWaiting(receiving))
      yield* TestClock.adjust(1)
      assert.deepInclude(yield* Fiber.join(receiving), lost(broken))
    })
  )

  it.effect("whose writes fail: who takes slowly loses nothing that comes in time, and the peer's Close is heard", () =>
    Effect.gen(function* () {
      const { broken, stream } = writesFail()
      const { server, socket } = yield* over(stream, undefined, { limits: { inboxMessages: 1 } })
      yield* socket.send("lost")
      yield* settle
      yield* failsWith(socket.send("x"), lost(broken))
      yield* server.together(["a", "b", "c"].map((message) => server.send(message)))
      yield* server.close(4001, "enough")
      for (const message of ["a", "b", "c"]) {
        yield* TestClock.adjust("3 seconds")
        assert.strictEqual(yield* socket.receive, message)
      }
      yield* failsWith(socket.receive, { closeCode: 4001, closeReason: "enough", by: "peer" })
    })
  )

  it.effect("whose writes fail: what was read is taken also after that", () =>
    Effect.gen(function* () {
      const { broken, stream } = writesFail()
      const { server, socket } = yield* over(stream)
      yield* server.send("a")
      yield* settle
      yield* socket.send("lost")
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* socket.receive, "a")
      yield* failsWith(socket.receive, lost(broken))
    })
  )

  it.effect("whose writes fail: closing waits no longer for that, and says why", () =>
    Effect.gen(function* () {
      const { broken, stream } = writesFail()
      const { socket } = yield* over(stream)
      yield* socket.send("lost")
      yield* TestClock.adjust("4 seconds")
      const closing = yield* start(socket.close())
      yield* TestClock.adjust("6 seconds")
      assert.deepInclude(yield* Fiber.join(closing), { by: "us", closeCode: 1006, clean: false })
      assert.propertyVal(yield* Effect.flip(socket.receive), "cause", broken)
    })
  )

  it.effect("whose writes fail before its reads: what the peer sent is still received", () =>
    Effect.gen(function* () {
      const broken = new TransportError({ reason: new Reset({ code: "EPIPE" }) })
      let writes = 0
      const { server, socket } = yield* over((stream) =>
        wrapStream(stream, {
          writeUnsafe: (chunks) => writes++ === 0 && stream.writeUnsafe(chunks),
          drained: Effect.fail(broken)
        })
      )
      yield* socket.send("lost")
      yield* settle
      yield* failsWith(socket.send("x"), { _tag: "ConnectionClosed", by: "network", cause: broken })
      yield* server.send("still here")
      assert.strictEqual(yield* socket.receive, "still here")
      yield* server.end
      yield* failsWith(socket.receive, { _tag: "ConnectionClosed", by: "network", cause: broken })
    })
  )

  it.effect("a program that ends it while the read is handled that brought messages still receives these", () =>
    Effect.gen(function* () {
      const { socket, wire } = yield* connected({}, { highWaterMark: 1, mute: true })
      wire.stall()
      yield* socket.send("x")
      yield* settle
      const { messages } = socket
      // The peer's Close fails this send, before the message in front of it is handed over.
      const sending = yield* start(Effect.catch(socket.send("y"), () => socket.abort))
      yield* settle
      wire.send(Bytes.concat([text("a"), frame(Opcode.close, Uint8Array.of(0x03, 0xe8))]))
      yield* settle
      yield* Fiber.join(sending)
      assert.deepStrictEqual(yield* Stream.runCollect(messages), ["a"])
    })
  )
})
