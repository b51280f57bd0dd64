/**
 * What users of websocket-client asked for about threads and races over the years, one promise a test: any fiber may do
 * anything at any time.
 */
import { assert, describe, it } from "@effect/vitest"
import type { Client } from "@effect-websocket/client"
import { ServerPeer } from "@effect-websocket/client/testing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { numbers, start } from "./harness.ts"
import { made, refused } from "./longLived.ts"

describe("fibers and races", () => {
  it.effect("any fiber may send: one ordered writer, and frames are atomic always", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made()
      const { server } = yield* accept
      const large = numbers(20).map((n) => n.repeat(10_000))
      const sending = yield* start(
        Effect.forEach(large, (message) => client.send(message), { concurrency: "unbounded" })
      )
      for (const message of large) assert.deepStrictEqual(yield* server.next, { _tag: "Message", message })
      yield* Fiber.join(sending)
    })
  )

  it.effect("no state can be reached that has nothing in it: every operation has an answer in every state", () =>
    Effect.gen(function* () {
      const operations = (client: Client.Client): ReadonlyArray<Effect.Effect<unknown, object>> => [
        client.receive,
        client.receiveN(3),
        client.send("x"),
        client.sendAll(["x", "y"]),
        client.connection
      ]
      const { client } = yield* refused()
      const waiting = yield* Effect.forEach(operations(client), (operation) => start(operation))
      yield* TestClock.adjust("1 minute")
      yield* client.pause
      const paused = yield* Effect.forEach(operations(client), (operation) => start(operation))
      yield* client.close()
      for (const fiber of [...waiting, ...paused]) assert.property(yield* Effect.flip(Fiber.join(fiber)), "_tag")
      for (const operation of operations(client)) assert.property(yield* Effect.flip(operation), "_tag")
    })
  )

  // Who does what, one after the other, in the middle of all else.
  const Step = Schema.Literals(["close", "pause", "resume", "reconnectNow", "reset", "time", "send"])

  it.effect.prop(
    "the life of a client is one state machine: whatever happens, close ends it, once and for all",
    [Schema.Array(Step).check(Schema.isMaxLength(12))],
    ([steps]) =>
      Effect.gen(function* () {
        const { client, network } = yield* made()
        const wires: Array<{ readonly reset: () => void }> = []
        const serving = yield* start(
          Effect.forever(
            Effect.flatMap(network.accept, (wire) => {
              wires.push(wire)
              const serve = Effect.flatMap(ServerPeer.accept(wire), ServerPeer.echo)
              return start(
                Effect.andThen(
                  serve,
                  Effect.sync(() => wire.end())
                )
              )
            })
          )
        )
        const seen: Array<string> = []
        const following = yield* start(
          Stream.runForEach(client.statusChanges, ({ _tag }) => Effect.sync(() => seen.push(_tag)))
        )
        const fibers: Array<Fiber.Fiber<unknown, unknown>> = []
        const doing: Record<typeof Step.Type, Effect.Effect<unknown, unknown>> = {
          close: client.close(4000, "enough"),
          pause: client.pause,
          resume: client.resume,
          reconnectNow: client.reconnectNow,
          reset: Effect.sync(() => wires.at(-1)?.reset()),
          time: TestClock.adjust("3 seconds"),
          send: client.send("x")
        }
        for (const step of steps) fibers.push(yield* start(doing[step]))
        const closing = [yield* start(client.close()), yield* start(client.close(4001, "again"))]
        yield* TestClock.adjust("1 minute")
        const ends = yield* Effect.forEach(closing, Fiber.join)
        assert.deepStrictEqual(ends[0], ends[1])
        // Nobody waits any more, and nothing comes after the end.
        for (const fiber of fibers) assert.isDefined(fiber.pollUnsafe())
        yield* Fiber.join(following)
        assert.strictEqual(seen.at(-1), "Stopped")
        assert.strictEqual(seen.filter((tag) => tag === "Stopped").length, 1)
        const connections = wires.length
        yield* Effect.andThen(client.reconnectNow, client.resume)
        yield* TestClock.adjust("1 hour")
        assert.strictEqual(wires.length, connections)
        assert.deepStrictEqual(yield* client.close(), ends[0])
        yield* Fiber.interrupt(serving)
      }).pipe(Effect.scoped)
  )
})
