/** Which ping a pong answers, and the round trip it measures (RFC 6455 §5.5.2, §5.5.3). */
import { assert, describe, it } from "@effect/vitest"
import { ConnectionClosed } from "@effect-websocket/client"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { Pings } from "../src/internal/Pings.ts"
import { bytes, connected, failsWith, isWaiting, settle, start } from "./harness.ts"

const closed = new ConnectionClosed({ closeCode: 1006, closeReason: "", by: "network" })

const millis = (duration: Duration.Duration | undefined) => duration && Duration.toMillis(duration)

const made = Effect.map(Clock.Clock, (clock) => new Pings(clock, { roundTrip: () => {} }))

describe("pending pings", () => {
  it.effect("a pong answers the ping whose payload it bears, and every earlier one", () =>
    Effect.gen(function* () {
      const pings = yield* made
      const [a, b, c] = [pings.make(undefined), pings.make(undefined), pings.make(undefined)]
      for (const ping of [a, b, c]) pings.sent(ping)
      yield* TestClock.adjust("2 seconds")
      pings.pong(b.payload)
      assert.strictEqual(millis(yield* Deferred.await(a.pong)), 2000)
      assert.strictEqual(millis(yield* Deferred.await(b.pong)), 2000)
      assert.isFalse(yield* Deferred.isDone(c.pong))
    })
  )

  it.effect(
    "a pong answers all that bear its payload, as the peer may answer the last alone; timed from the first",
    () =>
      Effect.gen(function* () {
        const pings = yield* made
        const all = ["same", "other", "same", "later"].map((payload) => pings.make(bytes(payload)))
        for (const ping of all) {
          pings.sent(ping)
          yield* TestClock.adjust("1 second")
        }
        pings.pong(bytes("same"))
        for (const ping of all.slice(0, 3)) assert.strictEqual(millis(yield* Deferred.await(ping.pong)), 4000)
        assert.isFalse(yield* Deferred.isDone(all[3]!.pong))
        assert.strictEqual(millis(pings.latencies.last), 4000)
        // Of a peer that answers each: nobody waits for it any more, and it measures nothing.
        yield* TestClock.adjust("1 second")
        pings.pong(bytes("same"))
        assert.strictEqual(millis(pings.latencies.last), 4000)
        assert.isFalse(yield* Deferred.isDone(all[3]!.pong))
      })
  )

  it.effect("a pong with a payload that is not ours is ignored", () =>
    Effect.gen(function* () {
      const pings = yield* made
      const ping = pings.make(bytes("mine"))
      pings.sent(ping)
      for (const payload of ["", "min", "mine!", "MINE"]) pings.pong(bytes(payload))
      assert.isFalse(yield* Deferred.isDone(ping.pong))
      assert.isUndefined(pings.latencies.last)
    })
  )

  it.effect("each ping without a payload gets another number", () =>
    Effect.gen(function* () {
      const pings = yield* made
      const payloads = Array.from({ length: 300 }, () => String(pings.make(undefined).payload))
      assert.strictEqual(new Set(payloads).size, 300)
    })
  )

  it.effect("the payload is the program's at the moment of the call", () =>
    Effect.gen(function* () {
      const pings = yield* made
      const payload = bytes("mine")
      const ping = pings.make(payload)
      payload.fill(0)
      assert.deepStrictEqual(ping.payload, bytes("mine"))
    })
  )

  it.effect("the round trip is counted from the flush", () =>
    Effect.gen(function* () {
      const pings = yield* made
      const ping = pings.make(undefined)
      pings.sent(ping)
      yield* TestClock.adjust("5 seconds")
      pings.flushed(ping)
      yield* TestClock.adjust(30)
      pings.pong(ping.payload)
      assert.strictEqual(millis(pings.latencies.last), 30)
    })
  )

  it.effect("a forgotten ping is not answered; at the end the others fail", () =>
    Effect.gen(function* () {
      const pings = yield* made
      const [a, b] = [pings.make(undefined), pings.make(undefined)]
      pings.sent(a)
      pings.sent(b)
      pings.forget(a)
      pings.pong(a.payload)
      pings.close(Effect.fail(closed))
      assert.isFalse(yield* Deferred.isDone(a.pong))
      assert.strictEqual(yield* Effect.flip(Deferred.await(b.pong)), closed)
    })
  )
})

describe("ping on a connection", () => {
  it.effect("succeeds with the round-trip time, and latency keeps the last one", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected({ keepAlive: false }, { mute: true })
      assert.isUndefined(yield* socket.latency)
      const ping = yield* start(socket.ping(bytes("hello")))
      assert.deepStrictEqual(yield* server.next, { _tag: "Ping", payload: bytes("hello") })
      yield* TestClock.adjust(125)
      assert.isTrue(yield* isWaiting(ping))
      yield* server.pong(bytes("hello"))
      assert.strictEqual(millis(yield* Fiber.join(ping)), 125)
      assert.strictEqual(millis(yield* socket.latency), 125)
    })
  )

  it.effect("an empty payload is sent as it is, without a number", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected({}, { mute: true })
      const ping = yield* start(socket.ping(new Uint8Array(0)))
      assert.deepStrictEqual(yield* server.next, { _tag: "Ping", payload: new Uint8Array(0) })
      yield* server.pong()
      yield* Fiber.join(ping)
    })
  )

  it.effect("the pong of a later ping completes it", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected({}, { mute: true })
      const first = yield* start(socket.ping(bytes("1")))
      const second = yield* start(socket.ping(bytes("2")))
      yield* server.pong(bytes("2"))
      yield* Fiber.join(first)
      yield* Fiber.join(second)
    })
  )

  it.effect("one pong completes two pings with the same payload", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected({}, { mute: true })
      const first = yield* start(socket.ping(bytes("1")))
      const second = yield* start(socket.ping(bytes("1")))
      yield* server.pong(bytes("1"))
      yield* Fiber.join(first)
      yield* Fiber.join(second)
    })
  )

  it.effect("times the ping from its flush, not from its place in line", () =>
    Effect.gen(function* () {
      const { socket, wire } = yield* connected({ keepAlive: false }, { highWaterMark: 1 })
      wire.stall()
      yield* socket.send("x")
      yield* settle
      const ping = yield* start(socket.ping(bytes("p")))
      yield* TestClock.adjust("5 seconds")
      wire.resume()
      yield* settle
      yield* TestClock.adjust(10)
      // An unmasked pong, as the server would write it.
      wire.send(Uint8Array.of(0x8a, 0x01, ...bytes("p")))
      assert.strictEqual(millis(yield* Fiber.join(ping)), 10)
    })
  )

  it.effect("fails when the connection ends first, with its reason", () =>
    Effect.gen(function* () {
      const { socket, wire } = yield* connected({}, { mute: true })
      const ping = yield* start(Effect.flip(socket.ping()))
      yield* settle
      wire.reset()
      assert.deepInclude(yield* Fiber.join(ping), { _tag: "ConnectionClosed", by: "network" })
      assert.deepInclude(yield* Effect.flip(socket.ping()), { _tag: "ConnectionClosed", by: "network" })
    })
  )

  it.effect("an interrupted ping in line is not sent", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* connected({}, { highWaterMark: 1 })
      wire.stall()
      yield* socket.send("x")
      yield* settle
      yield* Fiber.interrupt(yield* start(socket.ping()))
      yield* start(socket.send("y"))
      wire.resume()
      assert.deepStrictEqual(yield* server.next, { _tag: "Message", message: "x" })
      assert.deepStrictEqual(yield* server.next, { _tag: "Message", message: "y" })
    })
  )

  it.effect("125 bytes are legal, 126 are not, for ping and pong", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* connected()
      yield* socket.pong(new Uint8Array(125))
      assert.deepStrictEqual(yield* server.next, { _tag: "Pong", payload: new Uint8Array(125) })
      const tooLong = { _tag: "InvalidMessage", rule: "ControlPayloadTooLong", actual: 126 }
      yield* failsWith(socket.ping(new Uint8Array(126)), tooLong)
      yield* failsWith(socket.pong(new Uint8Array(126)), tooLong)
      yield* socket.pong()
      assert.deepStrictEqual(yield* server.next, { _tag: "Pong", payload: new Uint8Array(0) })
    })
  )
})
