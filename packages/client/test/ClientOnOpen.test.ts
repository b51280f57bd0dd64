/** What a program does first on each connection. */
import { assert, describe, it } from "@effect/vitest"
import type { Connection } from "@effect-websocket/client"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { settle, start } from "./harness.ts"
import { made, statuses, waitOut } from "./longLived.ts"

const message = (message: string) => ({ _tag: "Message" as const, message })

describe("onOpen", () => {
  it.effect("gets each connection and its number", () =>
    Effect.gen(function* () {
      const generations: Array<number> = []
      const { accept, client } = yield* made({
        onOpen: (_, generation) => Effect.sync(() => generations.push(generation))
      })
      for (let i = 0; i < 3; i++) {
        const { wire } = yield* accept
        wire.reset()
        yield* settle
        yield* waitOut(client)
      }
      assert.deepStrictEqual(generations, [1, 2, 3])
    })
  )

  it.effect("runs before messages flow: what it takes is not delivered again, all else is", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made({
        onOpen: (connection) =>
          Effect.gen(function* () {
            yield* connection.send("login")
            assert.strictEqual(yield* connection.receive, "welcome")
          })
      })
      const reading = yield* start(Stream.runCollect(Stream.take(client.messages, 2)))
      const { server } = yield* accept
      assert.deepStrictEqual(yield* server.next, message("login"))
      assert.strictEqual((yield* client.status)._tag, "Connecting")
      yield* server.together([server.send("welcome"), server.send("one"), server.send("two")])
      assert.deepStrictEqual(yield* Fiber.join(reading), ["one", "two"])
      assert.strictEqual((yield* client.status)._tag, "Open")
    })
  )

  it.effect(
    "messages flow on no connection on which it was interrupted, also where a pause is taken back meanwhile",
    () =>
      Effect.gen(function* () {
        let done = 0
        const { accept, client } = yield* made({
          onOpen: (connection) =>
            Effect.andThen(connection.send("login"), connection.receive).pipe(
              Effect.tap(() => Effect.sync(() => done++)),
              Effect.onInterrupt(() => Effect.sleep("1 second"))
            )
        })
        const first = yield* accept
        yield* start(client.pause)
        yield* settle
        yield* client.resume
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(yield* client.status, { _tag: "Connecting", attempt: 1 })
        assert.deepStrictEqual(yield* first.server.next, message("login"))
        assert.deepInclude(yield* first.server.next, { _tag: "Close", closeCode: 1000 })
        first.wire.end()
        const second = yield* accept
        yield* second.server.send("welcome")
        yield* settle
        assert.deepInclude(yield* client.status, { _tag: "Open", generation: 2 })
        assert.strictEqual(done, 1)
      })
  )

  it.effect("its sends go before those that wait", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made({
        onOpen: (connection) => Effect.asVoid(Effect.andThen(connection.send("login"), connection.receive)),
        outbox: { whileDisconnected: "queue" }
      })
      yield* client.send("queued")
      const { server } = yield* accept
      assert.deepStrictEqual(yield* server.next, message("login"))
      yield* client.send("later")
      yield* server.send("welcome")
      assert.deepStrictEqual(yield* server.next, message("queued"))
      assert.deepStrictEqual(yield* server.next, message("later"))
    })
  )

  it.effect("its failure is a loss, and the peer is told 1011", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made({ onOpen: () => Effect.fail("the login was refused") })
      const { server, wire } = yield* accept
      assert.deepStrictEqual(yield* server.next, { _tag: "Close", closeCode: 1011, closeReason: "" })
      wire.end()
      yield* settle
      const status = yield* client.status
      assert.deepInclude(status._tag === "Waiting" && status.cause, {
        _tag: "OnOpenFailed",
        generation: 1,
        problem: "failed",
        cause: "the login was refused"
      })
    })
  )

  it.effect("that dies is a fault of the program: the client stops, it is logged, and whoever waits learns why", () => {
    const logged: Array<unknown> = []
    return Effect.gen(function* () {
      const { accept, client } = yield* made({ onOpen: () => Effect.die(new Error("a bug")) })
      const { wire } = yield* accept
      wire.end()
      yield* settle
      const error = yield* Effect.flip(client.receive)
      assert.deepInclude(error, { _tag: "OnOpenFailed", problem: "died" })
      assert.match(error.message, /^onOpen died on connection 1: Error: a bug$/)
      assert.deepInclude(yield* client.status, { _tag: "Stopped", by: "defect" })
      assert.deepStrictEqual(logged, [["onOpen of a WebSocket client died", new Error("a bug")]])
    }).pipe(Effect.provide(Logger.layer([Logger.make(({ message }) => logged.push(message))])))
  })

  it.effect("has 10 seconds, or `onOpenTimeout`", () =>
    Effect.gen(function* () {
      for (const [options, millis] of [
        [{}, 10_000],
        [{ onOpenTimeout: "3 seconds" as const }, 3000]
      ] as const) {
        const { accept, client } = yield* made({ onOpen: () => Effect.never, ...options })
        const { wire } = yield* accept
        yield* TestClock.adjust(millis - 1)
        assert.strictEqual((yield* client.status)._tag, "Connecting")
        yield* TestClock.adjust(1)
        wire.end()
        yield* settle
        const status = yield* client.status
        const cause = status._tag === "Waiting" ? status.cause : undefined
        assert.deepInclude(cause, { _tag: "OnOpenFailed", problem: "timed out" })
        assert.include(cause?.message, `was not done after ${millis / 1000}s on connection 1`)
      }
    })
  )

  it.effect("is not run to its end on a connection that is lost: the loss is the connection's", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made({
        onOpen: (connection) => Effect.andThen(connection.receive, Effect.never)
      })
      const { server, wire } = yield* accept
      yield* server.close(1013, "try again later")
      wire.end()
      yield* settle
      const status = yield* client.status
      assert.deepInclude(status._tag === "Waiting" && status.cause, { _tag: "ConnectionClosed", closeCode: 1013 })
    })
  )

  it.effect("a program that swallows the loss is told of it all the same", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made({ onOpen: (connection) => Effect.ignore(connection.receive) })
      const seen = yield* statuses(client)
      const { wire } = yield* accept
      wire.reset()
      yield* settle
      assert.deepInclude(seen.at(-1), { _tag: "Waiting" })
    })
  )

  it.effect("what it leaves in its scope lives as long as the connection", () =>
    Effect.gen(function* () {
      const events: Array<string> = []
      const { accept, client } = yield* made({
        onOpen: (_: Connection, generation: number) =>
          Effect.asVoid(
            Effect.acquireRelease(
              Effect.sync(() => events.push(`open ${generation}`)),
              () => Effect.sync(() => events.push(`closed ${generation}`))
            )
          )
      })
      const { wire } = yield* accept
      assert.deepStrictEqual(events, ["open 1"])
      wire.reset()
      yield* settle
      assert.deepStrictEqual(events, ["open 1", "closed 1"])
      yield* waitOut(client)
      yield* accept
      assert.deepStrictEqual(events, ["open 1", "closed 1", "open 2"])
    })
  )
})
