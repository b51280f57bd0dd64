/** Design §6, "Closing with data in flight": what is delivered, what is discarded, and who may still send. */
import { assert, describe, it } from "@effect/vitest"
import { Opcode } from "@effect-websocket/core"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { connected, failsWith, frame, settle, start, text } from "./harness.ts"

describe("Closing with data in flight", () => {
  it.effect("after our Close, messages are delivered while the inbox has room, then discarded and counted", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected({ limits: { inboxMessages: 3 } })
      const closing = yield* start(socket.close())
      yield* server.together(["a", "b", "c", "d", "e"].map(server.send))
      yield* server.send("f")
      assert.deepInclude(yield* server.next, { _tag: "Close" })
      yield* server.end
      assert.strictEqual((yield* Fiber.join(closing)).discarded, 3)
      assert.deepStrictEqual(yield* Stream.runCollect(socket.messages), ["a", "b", "c"])
    })
  )

  it.effect("what is delivered has no gap: after the first discarded message all are", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected({ limits: { inboxMessages: 2 } })
      const closing = yield* start(socket.close())
      for (const message of ["a", "b", "discarded"]) yield* server.send(message)
      yield* settle
      assert.strictEqual(yield* socket.receive, "a")
      yield* server.send("late")
      yield* settle
      yield* server.next
      yield* server.end
      assert.strictEqual((yield* Fiber.join(closing)).discarded, 2)
      assert.deepStrictEqual(yield* Stream.runCollect(socket.messages), ["b"])
    })
  )

  it.effect("a consumer that waits gets them all, and nothing is discarded", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected({ limits: { inboxMessages: 1 } })
      const streaming = yield* start(Stream.runCollect(socket.messages))
      const closing = yield* start(socket.close())
      yield* server.together(["a", "b", "c"].map(server.send))
      yield* server.next
      yield* server.end
      assert.deepStrictEqual(yield* Fiber.join(streaming), ["a", "b", "c"])
      assert.strictEqual((yield* Fiber.join(closing)).discarded, 0)
    })
  )

  it.effect(
    "an unread inbox never hides the peer's Close: not one that was full already, with a read half decoded",
    () =>
      Effect.gen(function* () {
        const { server, socket, wire } = yield* connected({ limits: { inboxMessages: 1 } })
        yield* server.together(["a", "b", "c"].map(server.send))
        yield* server.send("d")
        yield* settle
        assert.isAbove(wire.unread(), 0)
        const closing = yield* start(socket.close(4001))
        yield* settle
        assert.strictEqual(wire.unread(), 0)
        assert.deepInclude(yield* server.next, { _tag: "Close", closeCode: 4001 })
        yield* server.end
        assert.deepInclude(yield* Fiber.join(closing), { closeCode: 4001, clean: true, discarded: 3 })
        assert.strictEqual(yield* socket.receive, "a")
      })
  )

  it.effect("a message of which a part was read does not hide the peer's Close either", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected({ limits: { inboxMessages: 1 } })
      yield* server.write(Uint8Array.from([...text("a"), ...text("begin", false)]))
      yield* settle
      const closing = yield* start(socket.close())
      yield* server.write(frame(Opcode.continuation, " end"))
      yield* server.next
      yield* server.end
      assert.deepInclude(yield* Fiber.join(closing), { clean: true, discarded: 1 })
    })
  )

  it.effect("what is discarded is checked all the same", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected({ limits: { inboxMessages: 1 } })
      const closing = yield* start(socket.close())
      yield* server.together([server.send("a"), server.write(frame(Opcode.text, Uint8Array.of(0xff)))])
      yield* server.end
      assert.deepInclude(yield* Fiber.join(closing), { clean: false, closeCode: 1006 })
      assert.strictEqual(yield* socket.receive, "a")
      yield* failsWith(socket.receive, { _tag: "ProtocolViolation", rule: "InvalidUtf8" })
    })
  )

  it.effect("a ping sent before our Close still gets its pong", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected({ limits: { inboxMessages: 1 } }, { mute: true })
      yield* server.send("nobody takes it")
      const ping = yield* start(socket.ping(Uint8Array.of(7)))
      yield* settle
      yield* start(socket.close())
      yield* server.pong(Uint8Array.of(7))
      yield* Fiber.join(ping)
    })
  )

  it.effect("messages accepted before our Close leave first; those that wait in line fail", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* connected({}, { highWaterMark: 1 })
      wire.stall()
      yield* socket.send("accepted")
      yield* settle
      const waiting = yield* start(Effect.flip(socket.send("waits")))
      yield* start(socket.close())
      assert.deepInclude(yield* Fiber.join(waiting), { _tag: "ConnectionClosed", by: "us" })
      yield* failsWith(socket.send("later"), { _tag: "ConnectionClosed", by: "us" })
      yield* failsWith(socket.ping(), { _tag: "ConnectionClosed" })
      wire.resume()
      assert.deepInclude(yield* server.next, { _tag: "Message", message: "accepted" })
      assert.deepInclude(yield* server.next, { _tag: "Close", closeCode: 1000 })
      assert.deepInclude(yield* server.next, { _tag: "End" })
    })
  )

  it.effect("a second close waits for the same end; its code is not sent", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected()
      const first = yield* start(socket.close(4001))
      const second = yield* start(socket.close(4002))
      assert.deepInclude(yield* server.next, { _tag: "Close", closeCode: 4001 })
      yield* server.end
      assert.strictEqual(yield* Fiber.join(first), yield* Fiber.join(second))
      assert.strictEqual((yield* socket.close()).sent?.closeCode, 4001)
    })
  )

  it.effect("an interrupted close goes on in the background", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* connected({}, { mute: true })
      yield* Fiber.interrupt(yield* start(socket.close(4001)))
      assert.deepInclude(yield* server.next, { _tag: "Close", closeCode: 4001 })
      yield* TestClock.adjust("10 seconds")
      assert.isTrue(wire.isDestroyed())
    })
  )

  it.effect("a Close that is not legal closes nothing", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected()
      for (const closeCode of [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 1000.5, Number.NaN]) {
        yield* failsWith(socket.close(closeCode), {
          _tag: "InvalidMessage",
          rule: "ReservedCloseCode",
          actual: closeCode
        })
      }
      yield* failsWith(socket.close(1000, "x".repeat(124)), { _tag: "InvalidMessage", rule: "CloseReasonTooLong" })
      yield* failsWith(socket.close(1000, "\ud800"), { _tag: "InvalidMessage", rule: "LoneSurrogate" })
      yield* socket.send("still open")
      assert.deepInclude(yield* server.next, { _tag: "Message", message: "still open" })
    })
  )

  it.effect("the peer's Close is answered at once, though nobody takes the messages before it", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected()
      yield* server.together([server.send("a"), server.send("b"), server.close(1001, "bye")])
      assert.deepInclude(yield* server.next, { _tag: "Close", closeCode: 1001, closeReason: "" })
      yield* failsWith(socket.send("late"), { _tag: "ConnectionClosed", by: "peer", closeCode: 1001 })
      assert.strictEqual(yield* socket.receive, "a")
      assert.strictEqual(yield* socket.receive, "b")
      yield* failsWith(socket.receive, { _tag: "ConnectionClosed", by: "peer", closeCode: 1001, closeReason: "bye" })
    })
  )

  it.effect("a reply to a message that came in one read with the peer's Close fails, as does every later send", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected()
      const replying = yield* start(Effect.flip(Effect.flatMap(socket.receive, (message) => socket.send(message))))
      yield* server.together([server.send("question"), server.close(1000)])
      assert.deepInclude(yield* Fiber.join(replying), { _tag: "ConnectionClosed", by: "peer", closeCode: 1000 })
      assert.deepInclude(yield* server.next, { _tag: "Close" })
    })
  )

  it.effect("an abort from inside that message still tells who closed", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected()
      const aborting = yield* start(Effect.andThen(socket.receive, socket.abort))
      yield* server.together([server.send("x"), server.close(1000)])
      yield* Fiber.join(aborting)
      assert.deepInclude(yield* socket.closed, { by: "peer", closeCode: 1000, clean: true })
    })
  )

  it.effect("a sender in line when the peer closes fails with the peer's code", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* connected({}, { highWaterMark: 1 })
      wire.stall()
      yield* socket.send("x")
      yield* settle
      const waiting = yield* start(Effect.exit(socket.send("waits")))
      yield* server.close(1012)
      const exit = yield* Fiber.join(waiting)
      assert.isTrue(Exit.isFailure(exit))
      yield* failsWith(socket.send("later"), { by: "peer", closeCode: 1012 })
    })
  )
})
