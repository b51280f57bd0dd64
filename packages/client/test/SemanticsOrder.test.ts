/** Design §6, "Order" and "Interruption", and what the docstrings of `Connection` say about taking messages. */
import { assert, describe, it } from "@effect/vitest"
import type { Message } from "@effect-websocket/client"
import { Opcode } from "@effect-websocket/core"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { bytes, connected, failsWith, frame, isWaiting, numbers, settle, start, text } from "./harness.ts"

describe("Order", () => {
  it.effect("messages arrive in order, each once, however reads and takers fall together", () =>
    Effect.gen(function* () {
      const { socket, wire } = yield* connected({ limits: { inboxMessages: 3 } })
      const expected = numbers(200)
      const stream = Uint8Array.from(expected.flatMap((message) => [...text(message)]))
      wire.send(
        stream,
        expected.map((_, i) => i * 2 + (i % 3)).filter((cut, i, all) => i > 0 && cut > all[i - 1]!)
      )
      const received: Array<Message> = []
      while (received.length < expected.length) {
        received.push(...(received.length % 2 === 0 ? [yield* socket.receive] : yield* socket.receiveN(5)))
      }
      assert.deepStrictEqual(received, expected)
    })
  )

  it.effect("fragments with control frames in between make one message", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected()
      yield* server.together([
        server.write(text("one ", false)),
        server.ping(bytes("p")),
        server.write(frame(Opcode.continuation, "two ", false)),
        server.pong(bytes("q")),
        server.write(frame(Opcode.continuation, "three"))
      ])
      assert.strictEqual(yield* socket.receive, "one two three")
      assert.deepInclude(yield* server.next, { _tag: "Pong" })
    })
  )

  it.effect("concurrent sends never interleave inside a message, and those that wait have their turn in order", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* connected({}, { highWaterMark: 1 })
      wire.stall()
      const messages = numbers(20).map((name) => `${name}:`.repeat(20_000))
      const sending = yield* start(
        Effect.forEach(messages, (message) => socket.send(message), { concurrency: "unbounded", discard: true })
      )
      for (let n = 0; n < 100; n++) {
        wire.admit(1000 * n)
        yield* settle
      }
      wire.resume()
      for (const message of messages) assert.deepInclude(yield* server.next, { message })
      yield* Fiber.join(sending)
    })
  )

  it.effect("sendAll: nothing of others comes in between", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* connected({}, { highWaterMark: 1 })
      wire.stall()
      const batches = ["a", "b", "c"].map((name) => [0, 1, 2].map((i) => `${name}${i}`.repeat(0x8000)))
      yield* start(Effect.forEach(batches, (batch) => socket.sendAll(batch), { concurrency: "unbounded" }))
      wire.resume()
      for (const message of batches.flat()) assert.deepInclude(yield* server.next, { message })
    })
  )

  it.effect("pong and Close overtake queued data at the next frame boundary", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* connected({}, { highWaterMark: 1 })
      wire.stall()
      const large = "x".repeat(100_000)
      yield* start(socket.send(large))
      yield* settle
      for (const message of ["a", "b"]) yield* start(Effect.exit(socket.send(message)))
      wire.admit(50_000)
      yield* server.ping(bytes("p"))
      yield* settle
      wire.resume()
      assert.deepInclude(yield* server.next, { message: large })
      assert.deepStrictEqual(yield* server.next, { _tag: "Pong", payload: bytes("p") })
      assert.deepInclude(yield* server.next, { message: "a" })
      assert.deepInclude(yield* server.next, { message: "b" })

      wire.stall()
      yield* socket.send("c")
      yield* settle
      yield* start(Effect.exit(socket.send("d")))
      yield* start(socket.close())
      wire.resume()
      assert.deepInclude(yield* server.next, { message: "c" })
      assert.deepInclude(yield* server.next, { _tag: "Close" })
    })
  )
})

describe("Interruption", () => {
  it.effect("an interrupted send is sent whole or not at all, at every point of the line", () =>
    Effect.gen(function* () {
      const messages = ["a", "b", "c", "d"]
      for (let point = 0; point < messages.length; point++) {
        const { server, socket, wire } = yield* connected({}, { highWaterMark: 1 })
        wire.stall()
        const fibers = yield* Effect.forEach(messages, (message) =>
          Effect.tap(start(socket.send(message.repeat(1000))), () => settle)
        )
        wire.admit(500)
        const exit = yield* Effect.andThen(Fiber.interrupt(fibers[point]!), Fiber.await(fibers[point]!))
        // The first was accepted at once; the others waited.
        assert.strictEqual(Exit.isSuccess(exit), point === 0)
        wire.resume()
        const sent = messages.filter((_, i) => i === 0 || i !== point)
        for (const message of sent) assert.deepInclude(yield* server.next, { message: message.repeat(1000) })
        yield* socket.send("end")
        assert.deepInclude(yield* server.next, { message: "end" })
      }
    })
  )

  it.effect("an interrupted receive loses nothing: before the message, and in the turn that brings it", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected()
      const first = yield* start(socket.receive)
      yield* Fiber.interrupt(first)
      yield* server.send("a")
      assert.strictEqual(yield* socket.receive, "a")

      const second = yield* start(socket.receive)
      const interrupting = yield* Effect.forkChild(Fiber.interrupt(second))
      yield* server.send("b")
      const exit = yield* Fiber.await(second)
      yield* Fiber.join(interrupting)
      const taken = Exit.isSuccess(exit) ? exit.value : yield* socket.receive
      assert.strictEqual(taken, "b")
    })
  )

  it.effect("a receive that timed out took nothing", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected()
      const received: Array<Message> = []
      const consumer = yield* start(
        Effect.forever(
          Effect.map(Effect.timeoutOption(socket.receive, "10 millis"), (message) => {
            if (Option.isSome(message)) received.push(message.value)
          })
        )
      )
      for (const message of numbers(50)) {
        yield* server.send(message)
        yield* TestClock.adjust(Number(message) % 21)
      }
      yield* Fiber.interrupt(consumer)
      assert.deepStrictEqual(received, numbers(50))
    })
  )

  it.effect("an interrupted stream of messages takes nothing more", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected()
      const seen: Array<Message> = []
      const streaming = yield* start(
        Stream.runForEach(socket.messages, (message) => Effect.sync(() => seen.push(message)))
      )
      yield* server.send("a")
      yield* Fiber.interrupt(streaming)
      yield* server.send("b")
      assert.strictEqual(yield* socket.receive, "b")
      assert.deepStrictEqual(seen, ["a"])
    })
  )

  it.effect("an interrupted ping, flush or closed leaves the connection as it was", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* connected({}, { mute: true, highWaterMark: 1 })
      wire.stall()
      yield* socket.send("x")
      yield* settle
      for (const waiting of [socket.ping(), socket.flush, socket.closed] as ReadonlyArray<
        Effect.Effect<unknown, unknown>
      >) {
        const fiber = yield* start(waiting)
        assert.isTrue(yield* isWaiting(fiber))
        yield* Fiber.interrupt(fiber)
      }
      wire.resume()
      assert.deepInclude(yield* server.next, { message: "x" })
      yield* socket.send("y")
      assert.deepInclude(yield* server.next, { message: "y" })
    })
  )
})

describe("messages, receive and receiveN read one inbox", () => {
  it.effect("each message goes to one taker", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected()
      const takers = yield* Effect.forEach([1, 2, 3], () => start(socket.receive))
      for (const message of ["a", "b", "c"]) yield* server.send(message)
      assert.deepStrictEqual(yield* Effect.forEach(takers, (taker) => Fiber.join(taker)), ["a", "b", "c"])
    })
  )

  it.effect("a stream that stops inside an array drops the rest of it, as documented", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected()
      yield* server.together(["a", "b", "c"].map(server.send))
      yield* server.send("d")
      yield* settle
      assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(socket.messages, 1)), ["a"])
      yield* server.send("e")
      assert.strictEqual(yield* socket.receive, "e")
    })
  )

  it.effect("to take some and then stream, receive first: nothing is dropped", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected()
      yield* server.together(["hello", "a", "b", "c"].map(server.send))
      assert.strictEqual(yield* socket.receive, "hello")
      assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(socket.messages, 3)), ["a", "b", "c"])
    })
  )

  it.effect("one array per network read while the consumer waits", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected()
      const arrays: Array<ReadonlyArray<Message>> = []
      yield* start(Stream.runForEachArray(socket.messages, (messages) => Effect.sync(() => arrays.push(messages))))
      yield* server.together(["a", "b"].map(server.send))
      yield* server.send("c")
      assert.deepStrictEqual(arrays, [["a", "b"], ["c"]])
    })
  )

  it.effect("the same stream may be run again: it goes on where the other stopped", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected()
      for (const message of ["a", "b"]) {
        const running = yield* start(Stream.runHead(socket.messages))
        yield* server.send(message)
        assert.deepStrictEqual(yield* Fiber.join(running), Option.some(message))
      }
    })
  )

  it.effect("receiveN: those at hand, at most as many, at least one; whatever number is asked for", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected()
      yield* server.together(numbers(10).map(server.send))
      yield* settle
      assert.deepStrictEqual(yield* socket.receiveN(2), ["0", "1"])
      assert.deepStrictEqual(yield* socket.receiveN(2.9), ["2", "3"])
      assert.deepStrictEqual(yield* socket.receiveN(0), ["4"])
      assert.deepStrictEqual(yield* socket.receiveN(-7), ["5"])
      assert.deepStrictEqual(yield* socket.receiveN(Number.NaN), ["6"])
      assert.deepStrictEqual(yield* socket.receiveN(Number.POSITIVE_INFINITY), ["7", "8", "9"])
      const waiting = yield* start(socket.receiveN(3))
      assert.isTrue(yield* isWaiting(waiting))
      yield* server.send("next")
      assert.deepStrictEqual(yield* Fiber.join(waiting), ["next"])
    })
  )

  it.effect("receiveN fails at a clean end, though without a bound it takes all", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected()
      yield* server.close(1000)
      yield* failsWith(socket.receiveN(Number.POSITIVE_INFINITY), { _tag: "ConnectionClosed", closeCode: 1000 })
    })
  )

  it.effect("text is a string, binary is plain bytes, and an empty message is a message", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected()
      for (const message of ["", "häßlich 😀", new Uint8Array(0), Uint8Array.of(0, 255)]) {
        yield* server.send(message)
        assert.deepStrictEqual(yield* socket.receive, message)
        yield* socket.send(message)
        assert.deepStrictEqual(yield* server.next, { _tag: "Message", message })
      }
    })
  )
})
