/** Design §6, "The Close arrives": half-close, input thrown away, and no reset that could swallow it. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { type Connected, connected, isWaiting, settle, start, violation } from "./harness.ts"

describe("The Close arrives", () => {
  /** Ways to a moment in which our Close is out and input means nothing any more. */
  const ways: Record<string, (all: Connected) => Effect.Effect<unknown>> = {
    "after our Close and the peer's": ({ server, socket }) =>
      Effect.andThen(start(Effect.orDie(socket.close())), Effect.andThen(server.next, server.next)),
    "after the peer's Close and ours": ({ server }) =>
      Effect.andThen(server.close(1000), Effect.andThen(server.next, server.next)),
    "after our Close for a violation": ({ server }) =>
      Effect.andThen(server.write(violation), Effect.andThen(server.next, server.next))
  }
  for (const [way, close] of Object.entries(ways)) {
    it.effect(`${way}: the write side is half-closed, and input is thrown away until the peer's end`, () =>
      Effect.gen(function* () {
        const all = yield* connected({ keepAlive: false })
        const { socket, wire } = all
        yield* close(all)
        yield* wire.ended
        for (let n = 0; n < 5; n++) {
          wire.send(new Uint8Array(100_000))
          yield* TestClock.adjust("1 second")
          assert.strictEqual(wire.unread(), 0)
          assert.isFalse(wire.isDestroyed())
        }
        wire.end()
        yield* wire.destroyed
        assert.deepInclude(yield* socket.closed, { discarded: 0 })
      })
    )

    it.effect(`${way}: a peer that goes on for ever is cut off after closeTimeout`, () =>
      Effect.gen(function* () {
        const all = yield* connected({ keepAlive: false })
        yield* close(all)
        for (let second = 0; second < 10; second++) {
          assert.isFalse(all.wire.isDestroyed())
          all.wire.send(new Uint8Array(100_000))
          yield* TestClock.adjust("1 second")
        }
        assert.isTrue(all.wire.isDestroyed())
      })
    )

    it.effect(`${way}: the program learns of the end at once, closed once the socket is destroyed`, () =>
      Effect.gen(function* () {
        const all = yield* connected()
        const closed = yield* start(all.socket.closed)
        const receiving = yield* start(Effect.exit(all.socket.receive))
        yield* close(all)
        assert.isFalse(yield* isWaiting(receiving))
        assert.isTrue(yield* isWaiting(closed))
        all.wire.end()
        yield* Fiber.join(closed)
        assert.isTrue(all.wire.isDestroyed())
      })
    )
  }

  it.effect("never destroyed with unread input while the Close is in flight: a peer that is slow to take it", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* connected({ keepAlive: false })
      wire.stall()
      yield* socket.send("accepted")
      yield* settle
      yield* server.close(1001)
      wire.send(new Uint8Array(100_000))
      yield* server.end
      yield* TestClock.adjust("9 seconds")
      assert.strictEqual(wire.unread(), 0)
      assert.isFalse(wire.isDestroyed())
      wire.resume()
      assert.deepInclude(yield* server.next, { _tag: "Message", message: "accepted" })
      assert.deepInclude(yield* server.next, { _tag: "Close", closeCode: 1001 })
      yield* wire.destroyed
    })
  )

  it.effect("what was accepted leaves also when the peer answers our Close with a bare end of stream", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* connected({ keepAlive: false })
      wire.stall()
      yield* socket.send("accepted")
      yield* start(socket.close(4000))
      yield* server.end
      yield* TestClock.adjust("9 seconds")
      assert.isFalse(wire.isDestroyed())
      wire.resume()
      assert.deepInclude(yield* server.next, { _tag: "Message", message: "accepted" })
      assert.deepInclude(yield* server.next, { _tag: "Close", closeCode: 4000 })
      assert.deepInclude(yield* socket.closed, { by: "us", closeCode: 1006, clean: false })
    })
  )

  const after: Record<string, (all: Connected) => Effect.Effect<unknown>> = {
    "an end of stream": ({ server }) => server.end,
    "a reset": ({ wire }) => Effect.sync(() => wire.reset()),
    silence: () => TestClock.adjust("10 seconds")
  }
  for (const [what, end] of Object.entries(after)) {
    it.effect(`once both Close frames have passed, ${what} is a clean close`, () =>
      Effect.gen(function* () {
        for (const way of ["after our Close and the peer's", "after the peer's Close and ours"]) {
          const all = yield* connected()
          const streaming = yield* start(Stream.runDrain(all.socket.messages))
          yield* ways[way]!(all)
          yield* end(all)
          yield* Fiber.join(streaming)
          assert.deepInclude(yield* all.socket.closed, { clean: true, closeCode: 1000 })
          assert.isTrue(all.wire.isDestroyed())
        }
      })
    )
  }
})
