/** Design §6, "Backpressure both ways": what stops reading, what does not, and what is held meanwhile. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { bytes, connected, failsWith, frame, isWaiting, numbers, settle, start, text } from "./harness.ts"

describe("the inbox is bounded, and reading stops when it is full", () => {
  it.effect("by messages: what does not fit stays on the wire", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* connected({ limits: { inboxMessages: 3 } })
      for (const message of numbers(10)) yield* server.send(message)
      yield* settle
      assert.strictEqual(wire.unread(), 7 * 3)
      yield* server.send("more")
      yield* settle
      assert.strictEqual(wire.unread(), 7 * 3 + 6)
      assert.strictEqual(yield* socket.receive, "0")
      yield* settle
      assert.strictEqual(wire.unread(), 6 * 3 + 6)
    })
  )

  it.effect("by bytes, binary as UTF-16 units of text", () =>
    Effect.gen(function* () {
      for (const message of ["x".repeat(100), new Uint8Array(100)]) {
        const { server, wire } = yield* connected({ limits: { inboxBytes: 250 } })
        for (let n = 0; n < 10; n++) yield* server.send(message)
        yield* settle
        assert.strictEqual(wire.unread(), 7 * 102)
      }
    })
  )

  it.effect("one message always fits, whatever its size", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected({ limits: { inboxBytes: 10 } })
      yield* server.send("x".repeat(1000))
      assert.strictEqual(yield* socket.receive, "x".repeat(1000))
    })
  )

  it.effect("in the middle of a read: the rest of it is decoded as room comes", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* connected({ limits: { inboxMessages: 2 } })
      yield* server.together(numbers(7).map(server.send))
      yield* server.send("7")
      yield* settle
      assert.strictEqual(wire.unread(), 3)
      for (const message of numbers(8)) assert.strictEqual(yield* socket.receive, message)
      assert.strictEqual(wire.unread(), 0)
    })
  )

  it.effect("a batch goes on with the next read, and chunks of one read keep their order", () =>
    Effect.gen(function* () {
      const { socket, wire } = yield* connected({ limits: { inboxMessages: 2 } })
      const stream = Uint8Array.from(numbers(9).flatMap((message) => [...text(message)]))
      wire.sendTogether([stream.slice(0, 4), stream.slice(4, 5), stream.slice(5, 20), stream.slice(20)])
      for (const message of numbers(9)) assert.strictEqual(yield* socket.receive, message)
    })
  )

  it.effect("while it is full nothing is read: no ping is answered, no Close is seen", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* connected({ limits: { inboxMessages: 1 } })
      yield* server.send("x")
      yield* settle
      const before = wire.written().length
      yield* server.ping(bytes("p"))
      yield* server.close(1000)
      yield* settle
      assert.strictEqual(wire.written().length, before)
      assert.strictEqual(yield* socket.receive, "x")
      assert.deepStrictEqual(yield* server.next, { _tag: "Pong", payload: bytes("p") })
      assert.deepInclude(yield* server.next, { _tag: "Close" })
    })
  )

  it.effect("a broken connection is noticed all the same, and ends without anybody taking", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* connected({ limits: { inboxMessages: 1 } }, { highWaterMark: 1 })
      yield* server.send("x")
      yield* server.send("y")
      wire.stall()
      yield* socket.send("blocked")
      yield* settle
      wire.reset("EPIPE")
      assert.deepInclude(yield* socket.closed, { by: "network", closeCode: 1006 })
      assert.strictEqual(yield* socket.receive, "x")
      const error = yield* Effect.flip(socket.receive)
      assert.match(error.message, /EPIPE/)
    })
  )

  it.effect("an abort ends it all the same, without anybody taking", () =>
    Effect.gen(function* () {
      const { leave, server, socket } = yield* connected({ limits: { inboxMessages: 1 } })
      yield* server.together([server.send("x"), server.send("y")])
      yield* settle
      yield* socket.abort
      assert.deepInclude(yield* socket.closed, { by: "us", closeCode: 1006 })
      yield* leave(Exit.void)
    })
  )
})

describe("a blocked writer does not stop reading, else two full buffers deadlock", () => {
  it.effect("messages go on arriving while our sends wait", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* connected({}, { highWaterMark: 1 })
      wire.stall()
      yield* socket.send("x")
      yield* settle
      const waiting = yield* start(socket.send("y"))
      for (const message of numbers(100)) {
        yield* server.send(message)
        assert.strictEqual(yield* socket.receive, message)
      }
      assert.isTrue(yield* isWaiting(waiting))
    })
  )

  it.effect("two echoes whose buffers are full move on", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* connected({ limits: { inboxMessages: 8 } }, { highWaterMark: 1 })
      const echo = yield* start(
        Stream.runForEach(socket.messages, (message) => socket.send(message)).pipe(Effect.ignore)
      )
      wire.stall()
      for (const message of numbers(50)) yield* server.send(message)
      yield* settle
      wire.resume()
      for (const message of numbers(50)) assert.deepInclude(yield* server.next, { message })
      yield* Fiber.interrupt(echo)
    })
  )
})

describe("pings of the peer", () => {
  const pong = (payload: string) => ({ _tag: "Pong", payload: bytes(payload) }) as const

  it.effect("each gets its pong, in order, while the writer accepts", () =>
    Effect.gen(function* () {
      const { server } = yield* connected()
      yield* server.together(["1", "2", "3"].map((payload) => server.ping(bytes(payload))))
      yield* server.ping(bytes("4"))
      for (const payload of ["1", "2", "3", "4"]) assert.deepStrictEqual(yield* server.next, pong(payload))
    })
  )

  it.effect("once it is blocked only the newest is remembered, and overtakes what waits in line", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* connected({}, { highWaterMark: 1 })
      yield* server.ping(bytes("before"))
      yield* settle
      wire.stall()
      yield* socket.send("x")
      yield* settle
      yield* start(socket.send("waits"))
      for (const payload of ["1", "2", "3"]) yield* server.ping(bytes(payload))
      yield* settle
      wire.resume()
      assert.deepStrictEqual(yield* server.next, pong("before"))
      assert.deepInclude(yield* server.next, { message: "x" })
      assert.deepStrictEqual(yield* server.next, pong("3"))
      assert.deepInclude(yield* server.next, { message: "waits" })
      yield* server.ping(bytes("4"))
      assert.deepStrictEqual(yield* server.next, pong("4"))
    })
  )

  it.effect("a flood of them holds one pong, not a thousand", () =>
    Effect.gen(function* () {
      const { socket, wire } = yield* connected({}, { highWaterMark: 1 })
      wire.stall()
      yield* socket.send("x")
      yield* settle
      const held = yield* socket.bufferedBytes
      for (let n = 0; n < 1000; n++) wire.send(frame(0x9, bytes(`ping ${n}`)))
      yield* settle
      assert.strictEqual(yield* socket.bufferedBytes, held)
    })
  )
})

describe("Stalled: the inbox is full and a write makes no progress", () => {
  const stalling = Effect.fnUntraced(function* () {
    const all = yield* connected({ limits: { inboxMessages: 1 }, keepAlive: false }, { highWaterMark: 1 })
    all.wire.stall()
    yield* all.socket.send("x")
    yield* all.server.send("a")
    yield* all.server.send("b")
    yield* settle
    return all
  })

  it.effect("after exactly stallTimeout the connection fails, 1006; the peer is not waited for", () =>
    Effect.gen(function* () {
      const { socket, wire } = yield* stalling()
      const sending = yield* start(Effect.flip(socket.send("y")))
      yield* TestClock.adjust(59_999)
      assert.isFalse(wire.isDestroyed())
      yield* TestClock.adjust(1)
      assert.isTrue(wire.isDestroyed())
      assert.deepInclude(yield* socket.closed, { closeCode: 1006, by: "us", clean: false })
      const error = yield* Fiber.join(sending)
      assert.nestedPropertyVal(error, "cause._tag", "Stalled")
      assert.strictEqual(yield* socket.receive, "a")
      yield* failsWith(socket.receive, { _tag: "Stalled" })
    })
  )

  it.effect("it does not fail while the program takes messages", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* stalling()
      for (let n = 0; n < 10; n++) {
        yield* TestClock.adjust(59_999)
        yield* socket.receive
        yield* server.send("c")
      }
      assert.isFalse(wire.isDestroyed())
    })
  )

  it.effect("it does not fail while the peer takes something, however little", () =>
    Effect.gen(function* () {
      const all = yield* connected({ limits: { inboxMessages: 1 }, keepAlive: false }, { highWaterMark: 1 })
      all.wire.stall()
      yield* all.socket.send("x".repeat(100))
      yield* all.server.send("a")
      for (let n = 0; n < 10; n++) {
        all.wire.admit(1)
        yield* TestClock.adjust("59 seconds")
      }
      assert.isFalse(all.wire.isDestroyed())
    })
  )

  it.effect("it does not fail while nothing waits to be written", () =>
    Effect.gen(function* () {
      const { server, wire } = yield* connected({ limits: { inboxMessages: 1 }, keepAlive: false })
      yield* server.send("a")
      yield* TestClock.adjust("1 day")
      assert.isFalse(wire.isDestroyed())
    })
  )
})
