/** What a program holds of a connection: members that are made when they are asked for are the same as others. */
import { assert, describe, it } from "@effect/vitest"
import { Pair } from "@effect-websocket/client/testing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { bytes, failsWith, start } from "./harness.ts"

describe("OpenConnection", () => {
  it.effect("each member can be taken off it", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* Pair.open()
      const { bufferedBytes, close, closed, ended, flush, latency, latencyStatistics, messages, ping, pong } = socket
      const { pings, pongs, receive, receiveN, send, sendAll, sendFragments } = socket
      yield* send("a")
      yield* sendAll(["b", "c"])
      yield* sendFragments("text", Stream.make("d", "e"))
      yield* flush
      assert.strictEqual(yield* bufferedBytes, 0)
      for (const message of ["a", "b", "c", "de"])
        assert.deepStrictEqual(yield* server.next, { _tag: "Message", message })
      const watching = yield* start(Stream.runCollect(Stream.take(pings, 1)))
      const watchingPongs = yield* start(Stream.runCollect(Stream.take(pongs, 1)))
      yield* server.ping(bytes("?"))
      yield* server.pong(bytes("!"))
      assert.deepStrictEqual(yield* Fiber.join(watching), [bytes("?")])
      assert.deepStrictEqual(yield* Fiber.join(watchingPongs), [bytes("!")])
      yield* server.next
      assert.isUndefined(yield* latency)
      assert.isUndefined(yield* latencyStatistics)
      const asking = yield* start(ping())
      yield* server.next
      yield* Fiber.join(asking)
      assert.isDefined(yield* latency)
      yield* pong(bytes("unasked"))
      assert.deepStrictEqual(yield* server.next, { _tag: "Pong", payload: bytes("unasked") })
      for (const message of ["1", "2", "3"]) yield* server.send(message)
      assert.strictEqual(yield* receive, "1")
      assert.deepStrictEqual(yield* receiveN(5), ["2", "3"])
      const listening = yield* start(Stream.runCollect(messages))
      const closing = yield* start(close(1000, "bye"))
      yield* server.next
      yield* server.end
      assert.deepInclude(yield* Fiber.join(closing), { by: "us", sent: { closeCode: 1000, closeReason: "bye" } })
      yield* ended
      assert.deepInclude(yield* closed, { by: "us" })
      assert.deepStrictEqual(yield* Fiber.join(listening), [])
      yield* failsWith(send("late"), { _tag: "ConnectionClosed" })
    })
  )

  it.effect("the headers of the answer are as they came, with names in lower case", () =>
    Effect.gen(function* () {
      const { socket } = yield* Pair.open({
        server: {
          headers: [
            ["X-Id", "a: b:c"],
            ["X-Empty", ""]
          ]
        }
      })
      const { headers, status } = socket.response
      assert.strictEqual(status, 101)
      assert.deepStrictEqual(
        headers.filter(([name]) => name.startsWith("x-")),
        [
          ["x-id", "a: b:c"],
          ["x-empty", ""]
        ]
      )
    })
  )

  it.effect("who begins to watch when all is over sees the end", () =>
    Effect.gen(function* () {
      const { socket, wire } = yield* Pair.open()
      wire.reset()
      yield* socket.closed
      assert.deepStrictEqual(yield* Stream.runCollect(socket.pings), [])
      assert.deepStrictEqual(yield* Stream.runCollect(socket.pongs), [])
    })
  )
})
