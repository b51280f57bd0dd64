/**
 * What taking gives, by `delivery` and `text`: over the whole way from the network to the consumer. What each assembler
 * makes of which bytes is tested in core.
 */
import { assert, describe, it } from "@effect/vitest"
import { Pair } from "@effect-websocket/client/testing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { bytes, failsWith, frame, isWaiting, start, text } from "./harness.ts"

const megabyte = new Uint8Array(0x100000)

describe("messages with text as bytes", () => {
  it.effect("each with its kind, and whatever a text holds", () =>
    Effect.gen(function* () {
      const { socket, wire } = yield* Pair.open({ client: { text: "bytes" } })
      wire.send(text("Grü"))
      wire.send(frame(0x1, Uint8Array.of(0xff)))
      wire.send(frame(0x2, "Grü"))
      assert.deepStrictEqual(yield* socket.receive, { kind: "text", bytes: bytes("Grü") })
      assert.deepStrictEqual(yield* socket.receiveN(2), [
        { kind: "text", bytes: Uint8Array.of(0xff) },
        { kind: "binary", bytes: bytes("Grü") }
      ])
    })
  )
})

describe("fragments", () => {
  it.effect("the first included, each with its kind and whether it is the last, as they come", () =>
    Effect.gen(function* () {
      const { socket, wire } = yield* Pair.open({ client: { delivery: "fragments" } })
      wire.send(frame(0x1, Uint8Array.of(0x47, 0x72, 0xc3), false))
      assert.deepStrictEqual(yield* socket.receive, { kind: "text", data: "Gr", last: false })
      const next = yield* start(socket.receive)
      wire.send(frame(0x9, "are you there?"))
      assert.isTrue(yield* isWaiting(next))
      wire.send(frame(0x0, Uint8Array.of(0xbc), true))
      assert.deepStrictEqual(yield* Fiber.join(next), { kind: "text", data: "ü", last: true })
      wire.send(frame(0x2, "whole"))
      assert.deepStrictEqual(yield* socket.receive, { kind: "binary", data: bytes("whole"), last: true })
    })
  )

  it.effect("a text as bytes: characters may be split, and it need not be UTF-8", () =>
    Effect.gen(function* () {
      const { socket, wire } = yield* Pair.open({ client: { delivery: "fragments", text: "bytes" } })
      wire.send(frame(0x1, Uint8Array.of(0xc3), false))
      wire.send(frame(0x0, Uint8Array.of(0xff)))
      assert.deepStrictEqual(yield* socket.receiveN(2), [
        { kind: "text", data: Uint8Array.of(0xc3), last: false },
        { kind: "text", data: Uint8Array.of(0xff), last: true }
      ])
    })
  )

  it.effect("a text that is not UTF-8 fails, after what came before", () =>
    Effect.gen(function* () {
      const { socket, wire } = yield* Pair.open({ client: { delivery: "fragments" } })
      wire.send(frame(0x1, "good", false))
      wire.send(frame(0x0, Uint8Array.of(0x61, 0xff), false))
      assert.deepStrictEqual(yield* socket.receive, { kind: "text", data: "good", last: false })
      yield* failsWith(socket.receive, { _tag: "ProtocolViolation", rule: "InvalidUtf8" })
    })
  )

  it.effect("one frame larger than any message may be streams through, when it is allowed to", () =>
    Effect.gen(function* () {
      const { socket, wire } = yield* Pair.open({
        client: { delivery: "fragments", limits: { maxMessageBytes: "unlimited" } }
      })
      const total = 64 * megabyte.length
      const arriving = yield* start(
        socket.messages.pipe(
          Stream.takeUntil(({ last }) => last),
          Stream.runFold(
            () => ({ bytes: 0, longest: 0 }),
            (sum, { data }) => ({ bytes: sum.bytes + data.length, longest: Math.max(sum.longest, data.length) })
          )
        )
      )
      const header = Uint8Array.of(0x82, 127, 0, 0, 0, 0, 0, 0, 0, 0)
      new DataView(header.buffer).setBigUint64(2, BigInt(total))
      wire.send(header)
      for (let sent = 0; sent < total; sent += megabyte.length) wire.send(megabyte)
      assert.deepStrictEqual(yield* Fiber.join(arriving), { bytes: total, longest: megabyte.length })
    })
  )

  it.effect("by default as large as messages", () =>
    Effect.gen(function* () {
      const { socket, wire } = yield* Pair.open({ client: { delivery: "fragments" } })
      wire.send(frame(0x2, megabyte, false))
      wire.send(frame(0x0, "x"))
      assert.strictEqual((yield* socket.receive).data.length, megabyte.length)
      yield* failsWith(socket.receive, { _tag: "MessageTooBig", limit: "maxMessageBytes" })
    })
  )

  it.effect("a consumer that does not take holds the peer back", () =>
    Effect.gen(function* () {
      const { socket, wire } = yield* Pair.open({
        client: { delivery: "fragments", limits: { maxMessageBytes: "unlimited", inboxBytes: 1000 } }
      })
      wire.send(frame(0x2, new Uint8Array(600), false))
      for (let i = 0; i < 9; i++) wire.send(frame(0x0, new Uint8Array(600), false))
      wire.send(frame(0x0, "", true))
      const sizes: Array<number> = []
      while (sizes.length < 11) sizes.push(...(yield* socket.receiveN(100)).map(({ data }) => data.length))
      assert.deepStrictEqual(sizes, [...Array.from({ length: 10 }, () => 600), 0])
    })
  )
})

describe("frames", () => {
  it.effect("data and control frames in their order, the Close last", () =>
    Effect.gen(function* () {
      const { socket, wire } = yield* Pair.open({ client: { delivery: "frames" } })
      const all = yield* start(Stream.runCollect(socket.messages))
      wire.send(frame(0x1, "Gr", false))
      wire.send(frame(0x9, "ping"))
      wire.send(frame(0x0, "ü"))
      wire.send(frame(0xa, "pong"))
      wire.send(frame(0x8, Uint8Array.of(0x03, 0xe8)))
      wire.end()
      assert.deepStrictEqual(yield* Fiber.join(all), [
        { opcode: "text", fin: false, payload: bytes("Gr") },
        { opcode: "ping", fin: true, payload: bytes("ping") },
        { opcode: "continuation", fin: true, payload: bytes("ü") },
        { opcode: "pong", fin: true, payload: bytes("pong") },
        { opcode: "close", fin: true, payload: Uint8Array.of(0x03, 0xe8) }
      ])
    })
  )

  it.effect("pings are answered all the same", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* Pair.open({ client: { delivery: "frames" } })
      yield* server.ping(bytes("1"))
      assert.strictEqual((yield* socket.receive).opcode, "ping")
      assert.deepStrictEqual(yield* server.next, { _tag: "Pong", payload: bytes("1") })
    })
  )

  it.effect("a text has to be UTF-8, unless it was asked for as bytes", () =>
    Effect.gen(function* () {
      const checked = yield* Pair.open({ client: { delivery: "frames" } })
      checked.wire.send(frame(0x1, Uint8Array.of(0xff)))
      yield* failsWith(checked.socket.receive, { _tag: "ProtocolViolation", rule: "InvalidUtf8" })
      const { socket, wire } = yield* Pair.open({ client: { delivery: "frames", text: "bytes" } })
      wire.send(frame(0x1, Uint8Array.of(0xff)))
      assert.deepStrictEqual(yield* socket.receive, { opcode: "text", fin: true, payload: Uint8Array.of(0xff) })
    })
  )

  it.effect("a Close that is not legal is a violation and no frame", () =>
    Effect.gen(function* () {
      const { socket, wire } = yield* Pair.open({ client: { delivery: "frames" } })
      wire.send(frame(0x8, Uint8Array.of(0x03)))
      yield* failsWith(socket.receive, { _tag: "ProtocolViolation", rule: "ClosePayloadOfOneByte" })
    })
  )
})

describe("compressed", () => {
  const client = { delivery: "fragments", limits: { maxMessageBytes: "unlimited" } } as const

  it.effect("fragments and frames are given inflated", () =>
    Effect.gen(function* () {
      const fragments = yield* Pair.open({ client, server: { compression: true } })
      yield* fragments.server.send("Grü".repeat(1000))
      const parts = yield* fragments.socket.messages.pipe(
        Stream.takeUntil(({ last }) => last),
        Stream.runCollect
      )
      assert.isAbove(parts.length, 1)
      assert.strictEqual(parts.map(({ data }) => data).join(""), "Grü".repeat(1000))
      const frames = yield* Pair.open({ client: { ...client, delivery: "frames" }, server: { compression: true } })
      yield* frames.server.send("Grü")
      assert.deepStrictEqual(yield* frames.socket.receive, { opcode: "text", fin: true, payload: bytes("Grü") })
    })
  )
})
