/** Design §6, "Fail fast": a violation is found at its byte, and its Close goes out at its moment. */
import { assert, describe, it } from "@effect/vitest"
import type { ConnectOptions } from "@effect-websocket/client"
import { Opcode } from "@effect-websocket/core"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { connected, failsWith, frame, isWaiting, settle, start, text, violation } from "./harness.ts"

interface Row {
  /** Everything up to and including the first byte that proves it. */
  readonly wire: Uint8Array
  readonly closeCode: number
  readonly failure: object
  readonly limits?: ConnectOptions["limits"]
}

const broken = (rule: string, closeCode = 1002) => ({ _tag: "ProtocolViolation", rule, closeCode })

const rows: Record<string, Row> = {
  "a reserved bit, in the first byte": { wire: Uint8Array.of(0xc1), closeCode: 1002, failure: broken("ReservedBits") },
  "a reserved opcode, in the first byte": {
    wire: Uint8Array.of(0x83),
    closeCode: 1002,
    failure: broken("ReservedOpcode")
  },
  "a fragmented control frame": {
    wire: Uint8Array.of(0x09),
    closeCode: 1002,
    failure: broken("FragmentedControlFrame")
  },
  "a continuation of nothing": {
    wire: Uint8Array.of(0x80),
    closeCode: 1002,
    failure: broken("UnexpectedContinuation")
  },
  "a masked frame, in the second byte": {
    wire: Uint8Array.of(0x81, 0x80),
    closeCode: 1002,
    failure: broken("MaskedServerFrame")
  },
  "a long control frame": { wire: Uint8Array.of(0x89, 0x7e), closeCode: 1002, failure: broken("ControlFrameTooLong") },
  "a code point that cannot continue, inside an unfinished frame": {
    wire: Uint8Array.of(0x81, 0x7d, 0x61, 0xc3, 0x28),
    closeCode: 1007,
    failure: broken("InvalidUtf8", 1007)
  },
  "a close code that nobody may send": {
    wire: frame(Opcode.close, Uint8Array.of(0x03, 0xee)),
    closeCode: 1002,
    failure: broken("ReservedCloseCode")
  },
  "a close reason that is not UTF-8": {
    wire: frame(Opcode.close, Uint8Array.of(0x03, 0xe8, 0xff)),
    closeCode: 1007,
    failure: broken("InvalidCloseReason", 1007)
  },
  "a frame larger than the limit, by its header alone": {
    wire: Uint8Array.of(0x82, 0x7f, 0, 0, 0, 1, 0, 0, 0, 0),
    closeCode: 1009,
    failure: { _tag: "MessageTooBig", limit: "maxMessageBytes", allowed: 1000, seen: 2 ** 32 },
    limits: { maxMessageBytes: 1000 }
  },
  "a frame limit of its own": {
    wire: Uint8Array.of(0x82, 0x0b),
    closeCode: 1009,
    failure: { _tag: "MessageTooBig", limit: "maxFrameBytes", allowed: 10, seen: 11 },
    limits: { maxFrameBytes: 10 }
  },
  "fragments that together pass the limit": {
    wire: Uint8Array.of(...text("x".repeat(60), false), 0x80, 0x29),
    closeCode: 1009,
    failure: { _tag: "MessageTooBig", limit: "maxMessageBytes", allowed: 100, seen: 101 },
    limits: { maxMessageBytes: 100, maxFrameBytes: 1000 }
  },
  "more fragments than the limit": {
    wire: Uint8Array.of(0x01, 0, 0x00, 0, 0x00, 0),
    closeCode: 1009,
    failure: { _tag: "MessageTooBig", limit: "maxFragments", allowed: 2, seen: 3 },
    limits: { maxFragments: 2 }
  }
}

describe("Fail fast: a violation is found at the first byte that proves it", () => {
  for (const [what, { closeCode, failure, limits = {}, wire: sent }] of Object.entries(rows)) {
    it.effect(what, () =>
      Effect.gen(function* () {
        const { server, socket, wire } = yield* connected({ limits })
        const receiving = yield* start(Effect.flip(socket.receive))
        yield* server.write(sent.subarray(0, sent.length - 1))
        assert.isTrue(yield* isWaiting(receiving), "found too early")
        yield* server.write(sent.subarray(sent.length - 1))
        assert.deepInclude(yield* server.next, { _tag: "Close", closeCode, closeReason: "" })
        yield* failsWith(Effect.flip(Fiber.join(receiving)), failure)
        assert.isFalse(wire.isDestroyed())
        yield* server.end
        assert.deepInclude(yield* socket.closed, {
          by: "us",
          clean: false,
          closeCode: 1006,
          sent: { closeCode, closeReason: "" }
        })
      })
    )
  }

  it.effect("nothing more is read while its Close waits for its moment", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* connected()
      yield* server.together([server.send("a"), server.write(violation), server.send("b")])
      yield* server.send("c")
      yield* settle
      assert.strictEqual(wire.unread(), 3)
      assert.strictEqual(yield* socket.receive, "a")
      yield* failsWith(socket.receive, { _tag: "ProtocolViolation" })
    })
  )
})

describe("its Close goes out", () => {
  const closing = (closeCode: number) => ({ _tag: "Close", closeCode, closeReason: "" }) as const

  it.effect(
    "at once, when no message was undelivered or in anybody's hands: with a consumer that waits, and with none",
    () =>
      Effect.gen(function* () {
        for (const waiting of [true, false]) {
          const { server, socket } = yield* connected()
          if (waiting) yield* start(Effect.exit(socket.receive))
          yield* server.write(violation)
          assert.deepStrictEqual(yield* server.next, closing(1002))
          yield* failsWith(socket.send("late"), { _tag: "ConnectionClosed", by: "us" })
        }
      })
  )

  it.effect("when every earlier message was taken and a consumer waits again: the answers to them leave first", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected()
      yield* server.together([server.send("a"), server.send("b"), server.write(violation)])
      for (const message of ["a", "b"]) {
        assert.strictEqual(yield* socket.receive, message)
        yield* socket.send(`answer to ${message}`)
        assert.deepInclude(yield* server.next, { message: `answer to ${message}` })
      }
      yield* TestClock.adjust("9 seconds")
      yield* failsWith(socket.receive, { _tag: "ProtocolViolation", rule: "ReservedBits" })
      assert.deepStrictEqual(yield* server.next, closing(1002))
    })
  )

  it.effect("also when the consumer is a stream that sends as it goes, in the turn of the read", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected()
      const echoing = yield* start(Effect.flip(Stream.runForEach(socket.messages, (message) => socket.send(message))))
      yield* server.together([server.send("a"), server.send("b"), server.write(violation)])
      assert.deepInclude(yield* server.next, { message: "a" })
      assert.deepInclude(yield* server.next, { message: "b" })
      assert.deepStrictEqual(yield* server.next, closing(1002))
      assert.strictEqual((yield* Fiber.join(echoing))._tag, "ProtocolViolation")
    })
  )

  it.effect("also when the answer has to wait for a peer that is slow to take it", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* connected({}, { highWaterMark: 1 })
      wire.stall()
      yield* socket.send("0")
      yield* settle
      const answering = yield* start(
        Effect.forever(Effect.flatMap(socket.receive, () => Effect.andThen(socket.send("1"), socket.send("2"))))
      )
      yield* server.together([server.send("a"), server.write(violation)])
      yield* TestClock.adjust("9 seconds")
      assert.isTrue(yield* isWaiting(answering))
      wire.resume()
      for (const message of ["0", "1", "2"]) assert.deepInclude(yield* server.next, { message })
      assert.deepStrictEqual(yield* server.next, closing(1002))
    })
  )

  it.effect("at the latest after closeTimeout, though a message is still undelivered", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* connected({ deadlines: { closeTimeout: "4 seconds" } })
      yield* server.together([server.send("a"), server.write(violation)])
      yield* TestClock.adjust(3999)
      const before = wire.written().length
      yield* socket.ping().pipe(start)
      yield* settle
      assert.strictEqual(wire.written().length, before + 10)
      yield* TestClock.adjust(1)
      assert.deepInclude(yield* server.next, { _tag: "Ping" })
      assert.deepStrictEqual(yield* server.next, closing(1002))
      assert.strictEqual(yield* socket.receive, "a")
      yield* failsWith(socket.receive, { _tag: "ProtocolViolation" })
    })
  )

  it.effect("at the latest after closeTimeout, though a message is still in somebody's hands", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected()
      yield* start(Effect.andThen(socket.receive, Effect.never))
      yield* server.together([server.send("a"), server.write(violation)])
      yield* TestClock.adjust(9999)
      yield* socket.send("still works")
      yield* TestClock.adjust(1)
      assert.deepInclude(yield* server.next, { message: "still works" })
      assert.deepStrictEqual(yield* server.next, closing(1002))
    })
  )

  it.effect("close() sends the violation's code, and so does leaving the scope", () =>
    Effect.gen(function* () {
      for (const how of ["close", "leave"]) {
        const { leave, server, socket } = yield* connected()
        yield* server.together([server.send("a"), server.write(violation)])
        yield* settle
        const closingNow = yield* start(how === "close" ? socket.close(4000) : leave(Exit.void))
        assert.deepStrictEqual(yield* server.next, closing(1002))
        yield* server.end
        yield* Fiber.join(closingNow)
        assert.strictEqual(yield* socket.receive, "a")
        yield* failsWith(socket.receive, { _tag: "ProtocolViolation" })
        assert.deepInclude(yield* socket.closed, { sent: { closeCode: 1002, closeReason: "" } })
      }
    })
  )

  it.effect("not at all, when the program aborts first: but the violation is told", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* connected()
      yield* server.together([server.send("a"), server.write(violation)])
      yield* settle
      yield* socket.abort
      assert.isTrue(wire.isDestroyed())
      assert.strictEqual(yield* socket.receive, "a")
      yield* failsWith(socket.receive, { _tag: "ProtocolViolation" })
      assert.notProperty(yield* socket.closed, "sent")
    })
  )

  it.effect("not at all, when the connection breaks first, which ends at once", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* connected({}, { highWaterMark: 1 })
      wire.stall()
      yield* socket.send("blocked")
      yield* server.together([server.send("a"), server.write(violation)])
      yield* settle
      wire.reset()
      yield* wire.destroyed
      assert.deepInclude(yield* socket.closed, { clean: false, closeCode: 1006 })
    })
  )
})
