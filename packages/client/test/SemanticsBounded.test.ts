/** Design §6, "Bounded by default": the limits, and how much is held when nobody hurries. */
import { assert, describe, it } from "@effect/vitest"
import type { Message } from "@effect-websocket/client"
import { Opcode } from "@effect-websocket/core"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { bytes, connected, failsWith, frame, numbers, start } from "./harness.ts"

describe("Bounded by default", () => {
  it.effect("a message of the limit passes, one byte more does not; unlimited takes both", () =>
    Effect.gen(function* () {
      for (const [maxMessageBytes, size, passes] of [
        [undefined, 0x100000, true],
        [undefined, 0x100001, false],
        [1000, 1000, true],
        [1000, 1001, false],
        ["unlimited", 0x300000, true]
      ] as const) {
        const { server, socket } = yield* connected(
          maxMessageBytes === undefined ? {} : { limits: { maxMessageBytes } }
        )
        const receiving = yield* start(Effect.exit(socket.receive))
        yield* server.send(new Uint8Array(size))
        assert.strictEqual(Exit.isSuccess(yield* Fiber.join(receiving)), passes, `${size} of ${maxMessageBytes}`)
      }
    })
  )

  it.effect("65,537 fragments of 64 bytes pass, 1,025 empty ones do not", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected({ limits: { maxMessageBytes: "unlimited" } })
      const receiving = yield* start(socket.receive)
      const middle = frame(Opcode.continuation, new Uint8Array(64), false)
      const steps = Array.from({ length: 65_535 }, () => server.write(middle))
      yield* server.together([
        server.write(frame(Opcode.binary, new Uint8Array(64), false)),
        ...steps,
        server.write(frame(Opcode.continuation, new Uint8Array(64)))
      ])
      assert.strictEqual((yield* Fiber.join(receiving)).length, 65_537 * 64)

      const flood = yield* connected()
      yield* flood.server.write(frame(Opcode.text, "", false))
      for (let n = 0; n < 1024; n++) yield* flood.server.write(frame(Opcode.continuation, "", false))
      yield* failsWith(flood.socket.receive, { _tag: "MessageTooBig", limit: "maxFragments" })
    })
  )

  it.effect("bytes that come belong to the receiver, and pin no read", () =>
    Effect.gen(function* () {
      const { socket, wire } = yield* connected()
      const read = Uint8Array.from([...frame(Opcode.binary, bytes("one")), ...frame(Opcode.binary, bytes("two"))])
      wire.send(read)
      const first = yield* socket.receive
      if (!(first instanceof Uint8Array)) return assert.fail("text")
      assert.strictEqual(first.buffer.byteLength, 3)
      assert.strictEqual(Object.getPrototypeOf(first), Uint8Array.prototype)
      first.fill(0)
      assert.deepStrictEqual(yield* socket.receive, bytes("two"))
    })
  )
})

describe("what is held", () => {
  it.effect("100,000 tiny messages in one chunk arrive in order through a bounded inbox", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected()
      const expected = numbers(100_000)
      yield* server.together(expected.map(server.send))
      yield* server.send("end")
      const received: Array<Message> = []
      yield* Stream.runForEachArray(
        Stream.takeUntil(socket.messages, (message) => message === "end"),
        (messages) =>
          Effect.sync(() => {
            assert.isAtMost(messages.length, 1024)
            received.push(...messages)
          })
      )
      assert.deepStrictEqual(received, [...expected, "end"])
    })
  )

  it.effect("a consumer that takes one message a second gets all in order, while at most the inbox is held", () =>
    Effect.gen(function* () {
      const inboxMessages = 16
      const { server, socket, wire } = yield* connected({ limits: { inboxMessages }, keepAlive: false })
      const total = 300
      for (const message of numbers(total)) yield* server.send(`${message}`.padStart(10, "0"))
      const received: Array<number> = []
      yield* start(
        Effect.forever(
          Effect.delay(
            Effect.map(socket.receive, (message) => received.push(Number(message))),
            "1 second"
          )
        )
      )
      for (let second = 1; second <= total; second++) {
        yield* TestClock.adjust("1 second")
        const held = total - received.length - wire.unread() / 12
        assert.isAtMost(held, inboxMessages)
      }
      assert.deepStrictEqual(
        received,
        Array.from({ length: total }, (_, i) => i)
      )
    })
  )
})
