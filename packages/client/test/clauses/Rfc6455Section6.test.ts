/** RFC 6455 §6, Sending and Receiving Data. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { settle, start } from "../harness.ts"
import { hex, masked, opened } from "./wire.ts"

describe("§6.1: to send a WebSocket message", () => {
  const states: Readonly<Record<string, string>> = {
    "after the peer's Close": "8802 03e8",
    "after a violation": "8f00"
  }
  for (const [state, frames] of Object.entries(states)) {
    it.effect(`the endpoint MUST ensure that the connection is OPEN: ${state}`, () =>
      Effect.gen(function* () {
        const { says, sent, socket } = yield* opened()
        yield* start(Effect.exit(socket.receive))
        says(frames)
        yield* sent
        assert.strictEqual((yield* Effect.flip(socket.send("late")))._tag, "ConnectionClosed")
        assert.strictEqual(yield* sent, "")
      })
    )
  }

  it.effect("if at any point the state changes, the endpoint MUST abort: a send that waits in line", () =>
    Effect.gen(function* () {
      const { says, socket, wire } = yield* opened()
      wire.stall()
      yield* socket.send(new Uint8Array(0x10000))
      const waiting = yield* start(Effect.flip(socket.send("overdue")))
      yield* settle
      says("8802 03e8")
      wire.resume()
      assert.strictEqual((yield* Fiber.join(waiting))._tag, "ConnectionClosed")
      assert.isFalse(Buffer.from(wire.written()).includes("overdue"))
    })
  )

  const rows: ReadonlyArray<readonly [clause: string, message: string | Uint8Array, frame: string]> = [
    ["the opcode MUST be set for text", "Hello", masked("81", "48656c6c6f")],
    ["the opcode MUST be set for binary", hex("48656c6c6f"), masked("82", "48656c6c6f")],
    ["data MUST be encapsulated in a frame, even none", "", masked("81")],
    ["text is UTF-8", "é世🌍", masked("81", "c3a9e4b896f09f8c8d")]
  ]
  for (const [clause, message, frame] of rows) {
    it.effect(`${clause}; the last frame's FIN MUST be set`, () =>
      Effect.gen(function* () {
        const { sent, socket } = yield* opened()
        yield* socket.send(message)
        assert.strictEqual(yield* sent, frame)
      })
    )
  }

  it.effect("the frames MUST be transmitted over the network connection, in order", () =>
    Effect.gen(function* () {
      const { sent, socket } = yield* opened()
      yield* socket.send("a")
      yield* socket.sendAll(["b", hex("63")])
      yield* socket.flush
      assert.strictEqual(yield* sent, masked("81", "61") + masked("81", "62") + masked("82", "63"))
    })
  )
})

describe("§6.2: to receive a WebSocket message", () => {
  const rows: ReadonlyArray<readonly [clause: string, frames: string, message: string | Uint8Array]> = [
    ["incoming data MUST be parsed as frames", "8105 48656c6c6f", "Hello"],
    ["the endpoint MUST note the type: text", "8101 61", "a"],
    ["the endpoint MUST note the type: binary", "8201 61", hex("61")],
    ["a control frame MUST be handled as §5.5 says, and is no message", "8900 8a00 8101 61", "a"],
    ["the payloads of fragments are concatenated", "0101 61 0001 62 8001 63", "abc"],
    ["the type is that of the first fragment", "0201 61 8001 62", hex("6162")]
  ]
  for (const [clause, frames, message] of rows) {
    it.effect(`${clause}, wherever the bytes are cut`, () =>
      Effect.gen(function* () {
        const { socket, wire } = yield* opened()
        const stream = hex(frames)
        for (let cut = 1; cut < stream.length; cut++) {
          wire.send(stream, [cut])
          assert.deepStrictEqual(yield* socket.receive, message)
        }
        for (const byte of stream) wire.send(Uint8Array.of(byte))
        assert.deepStrictEqual(yield* socket.receive, message)
      })
    )
  }

  it.effect("an unfinished message is not a message", () =>
    Effect.gen(function* () {
      const { says, socket, wire } = yield* opened()
      says("0101 61 0001 62")
      wire.end()
      const exit = yield* Effect.exit(socket.receive)
      assert.isTrue(Exit.isFailure(exit))
    })
  )
})
