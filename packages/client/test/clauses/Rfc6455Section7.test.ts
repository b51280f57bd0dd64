/** RFC 6455 §7, Closing the Connection. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { failsWith, start } from "../harness.ts"
import { fails, masked, opened } from "./wire.ts"

/** A server's Close with this code. */
const closes = (closeCode: number) => `8802 ${closeCode.toString(16).padStart(4, "0")}`

describe("§7.1.1, §7.1.2: Start the WebSocket Closing Handshake", () => {
  it.effect("the endpoint MUST send a Close with the code and the reason, and close once it has received one", () =>
    Effect.gen(function* () {
      const { says, sent, socket, wire } = yield* opened()
      const closing = yield* start(socket.close(4000, "bye"))
      assert.strictEqual(yield* sent, masked("88", "0fa0 627965"))
      assert.isUndefined(closing.pollUnsafe())
      says(closes(4000))
      yield* wire.ended
      wire.end()
      assert.deepInclude(yield* Fiber.join(closing), { clean: true, by: "us" })
      assert.isTrue(wire.isDestroyed())
    })
  )

  it.effect("the client waits for the server to close TCP first, and MAY close it when it waited too long", () =>
    Effect.gen(function* () {
      const { says, sent, wire } = yield* opened()
      says(closes(1000))
      yield* sent
      yield* TestClock.adjust("9 seconds")
      assert.isFalse(wire.isDestroyed())
      yield* TestClock.adjust("1 second")
      assert.isTrue(wire.isDestroyed())
    })
  )

  it.effect("if both endpoints start it at once, both have sent and received a Close, and close", () =>
    Effect.gen(function* () {
      const { says, sent, socket, wire } = yield* opened()
      const closing = yield* start(socket.close(1000))
      says(closes(1001))
      assert.strictEqual(yield* sent, masked("88", "03e8"))
      wire.end()
      assert.deepInclude(yield* Fiber.join(closing), { clean: true, closeCode: 1001 })
    })
  )
})

describe("§7.1.3: data after the peer's Close means nothing", () => {
  it.effect("a message", () =>
    Effect.gen(function* () {
      const { says, socket } = yield* opened()
      says(`8101 61 ${closes(1000)} 8101 62`)
      assert.deepStrictEqual(yield* Stream.runCollect(socket.messages), ["a"])
    })
  )
})

describe("§7.1.5, §7.1.6: the connection's close code and reason", () => {
  const rows: ReadonlyArray<readonly [what: string, frames: string, closeCode: number, closeReason: string]> = [
    ["those of the first Close received", "8805 03e8 627965", 1000, "bye"],
    ["1005 when the Close has none", "8800", 1005, ""],
    ["a code without a reason has the empty reason", "8802 0fa0", 4000, ""],
    ["1006 when no Close came", "", 1006, ""]
  ]
  for (const [what, frames, closeCode, closeReason] of rows) {
    it.effect(what, () =>
      Effect.gen(function* () {
        const { says, sent, socket, wire } = yield* opened()
        says(frames)
        yield* sent
        wire.end()
        assert.deepInclude(yield* socket.closed, { closeCode, closeReason })
      })
    )
  }
})

describe("§7.1.7: Fail the WebSocket Connection", () => {
  it.effect("the client MUST close the connection, and send a Close before that", () => fails("8f00", "ReservedOpcode"))

  it.effect("it MUST NOT continue to attempt to process data, a responding Close included", () =>
    Effect.gen(function* () {
      const { says, sent, socket, wire } = yield* opened()
      says(`8f00 8101 61 8901 70 ${closes(1000)}`)
      yield* failsWith(socket.receive, { _tag: "ProtocolViolation", rule: "ReservedOpcode" })
      says(`8101 61 8901 70 ${closes(1000)}`)
      assert.strictEqual(yield* sent, masked("88", "03ea"))
      wire.end()
      assert.notProperty(yield* socket.closed, "received")
    })
  )

  it.effect("messages before the violation are delivered", () =>
    Effect.gen(function* () {
      const { says, sent, socket } = yield* opened()
      says("8101 61 8f00")
      assert.strictEqual(yield* socket.receive, "a")
      yield* failsWith(socket.receive, { _tag: "ProtocolViolation" })
      assert.strictEqual(yield* sent, masked("88", "03ea"))
    })
  )
})

describe("§7.2.1: if the transport connection is unexpectedly lost, the client MUST fail the connection", () => {
  for (const how of ["end", "reset"] as const) {
    it.effect(how, () =>
      Effect.gen(function* () {
        const { socket, wire } = yield* opened()
        wire[how]()
        const lost = { _tag: "ConnectionClosed", closeCode: 1006, by: "network" }
        yield* failsWith(socket.receive, lost)
        yield* failsWith(socket.send("late"), lost)
        assert.isTrue(wire.isDestroyed())
      })
    )
  }
})

it.effect("§7.3: a server MAY close at any time, and a client that is told to", () =>
  Effect.gen(function* () {
    const { says, sent, socket } = yield* opened()
    const streaming = yield* start(Stream.runDrain(socket.messages))
    says(closes(1001))
    yield* Fiber.join(streaming)
    assert.strictEqual(yield* sent, masked("88", "03e9"))
  })
)

describe("§7.4: close codes", () => {
  for (const closeCode of [0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65535]) {
    it.effect(`${closeCode} MUST NOT be set in a Close frame: received`, () =>
      fails(closes(closeCode), "ReservedCloseCode")
    )
  }
  for (const closeCode of [-1, 0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 1000.5, 65536 + 1000]) {
    it.effect(`${closeCode} MUST NOT be set in a Close frame: sent`, () =>
      Effect.gen(function* () {
        const { sent, socket } = yield* opened()
        yield* failsWith(socket.close(closeCode), { _tag: "InvalidMessage", rule: "ReservedCloseCode" })
        assert.strictEqual(yield* sent, "")
      })
    )
  }
  for (const closeCode of [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999]) {
    it.effect(`${closeCode} may be, both ways`, () =>
      Effect.gen(function* () {
        const theirs = yield* opened()
        theirs.says(closes(closeCode))
        assert.strictEqual(yield* theirs.sent, masked("88", closes(closeCode).slice(5)))
        const ours = yield* opened()
        yield* start(ours.socket.close(closeCode))
        assert.strictEqual(yield* ours.sent, masked("88", closes(closeCode).slice(5)))
      })
    )
  }
  it.effect("1007 tells of data that is not of its message's type", () => fails("8101 ff", "InvalidUtf8", 1007))
  it.effect("1009 tells of a message that is too big", () =>
    Effect.gen(function* () {
      const { says, sent, socket } = yield* opened({ client: { limits: { maxMessageBytes: 4 } } })
      says("8105 48656c6c6f")
      yield* failsWith(socket.receive, { _tag: "MessageTooBig" })
      assert.strictEqual(yield* sent, masked("88", "03f1"))
    })
  )
})
