/** Pings and pongs of the peer, for those who watch them. */
import { assert, describe, it } from "@effect/vitest"
import { Pair } from "@effect-websocket/client/testing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { bytes, connected, settle, start } from "./harness.ts"

describe("pings and pongs", () => {
  it.effect("what comes while the stream runs, to each who watches; pings are answered all the same", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* Pair.open()
      yield* server.ping(bytes("nobody watches"))
      yield* settle
      const watching = [
        yield* start(Stream.runCollect(Stream.take(socket.pings, 2))),
        yield* start(Stream.runCollect(Stream.take(socket.pings, 1)))
      ] as const
      const pongs = yield* start(Stream.runCollect(Stream.take(socket.pongs, 1)))
      yield* server.ping(bytes("1"))
      yield* server.pong(bytes("unasked"))
      yield* server.ping(bytes("2"))
      assert.deepStrictEqual(yield* Fiber.join(watching[0]), [bytes("1"), bytes("2")])
      assert.deepStrictEqual(yield* Fiber.join(watching[1]), [bytes("1")])
      assert.deepStrictEqual(yield* Fiber.join(pongs), [bytes("unasked")])
      for (const payload of ["nobody watches", "1", "2"].map(bytes)) {
        assert.deepStrictEqual(yield* server.next, { _tag: "Pong", payload })
      }
    })
  )

  it.effect("the pong of our own ping is shown, too", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* Pair.open()
      const pongs = yield* start(Stream.runCollect(Stream.take(socket.pongs, 1)))
      const ping = yield* start(socket.ping(bytes("ours")))
      yield* server.next
      yield* Fiber.join(ping)
      assert.deepStrictEqual(yield* Fiber.join(pongs), [bytes("ours")])
    })
  )

  it.effect("a slow watcher sees the newest 64", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* Pair.open()
      const seen: Array<number> = []
      const watching = yield* start(
        Stream.runForEachArray(socket.pings, (payloads) =>
          Effect.andThen(
            Effect.sync(() => seen.push(...payloads.map((payload) => payload[0]!))),
            seen.length === 0 ? Effect.void : settle
          )
        )
      )
      yield* settle
      yield* server.together(Array.from({ length: 100 }, (_, i) => server.ping(Uint8Array.of(i))))
      yield* settle
      assert.strictEqual(seen.at(-1), 99)
      assert.isAtMost(seen.length, 65)
      yield* Fiber.interrupt(watching)
    })
  )

  it.effect("both end with the connection, whichever way; later runs at once", () =>
    Effect.gen(function* () {
      const { socket, wire } = yield* connected()
      const watching = yield* start(
        Effect.all([Stream.runCollect(socket.pings), Stream.runCollect(socket.pongs)], { concurrency: 2 })
      )
      yield* settle
      wire.reset()
      assert.deepStrictEqual(yield* Fiber.join(watching), [[], []])
      assert.deepStrictEqual(yield* Stream.runCollect(socket.pings), [])
    })
  )
})
