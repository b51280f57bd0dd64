/**
 * What users of websocket-client asked for about reconnecting over the years, one promise a test. Each is shown at its
 * shortest; `Client*.test.ts` have the corners. That the documented behaviour has a test, docs/test/client.test.ts shows.
 */
import { assert, describe, it } from "@effect/vitest"
import { type LossCause, Reconnect } from "@effect-websocket/client"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { settle, start, text } from "./harness.ts"
import { drawing, made, refused, statuses, tags, waitOut } from "./longLived.ts"

describe("reconnecting", () => {
  it.effect("is a declared policy value: on, off, or in between", () =>
    Effect.gen(function* () {
      const on = yield* refused({ reconnect: { first: "1 second", factor: 1, max: "1 second" } })
      const off = yield* refused({ onLost: () => Effect.succeed(Reconnect.stop) })
      const three = yield* refused({ reconnect: Schedule.recurs(3) })
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual([on.dials.length, off.dials.length, three.dials.length], [21, 1, 4])
    }).pipe(drawing(0.5))
  )

  it.effect("needs no extra event loop: a client that waits holds nothing but its delay", () =>
    Effect.gen(function* () {
      const before = process.getActiveResourcesInfo().length
      const { client } = yield* refused()
      yield* settle
      assert.strictEqual((yield* client.status)._tag, "Waiting")
      assert.isAtMost(process.getActiveResourcesInfo().length, before)
    })
  )

  it.effect("the policy decides per close code: a server that goes down with 1000 is come back to", () =>
    Effect.gen(function* () {
      for (const [closeCode, status] of [
        [1000, "Waiting"],
        [1001, "Waiting"],
        [1008, "Stopped"]
      ] as const) {
        const { accept, client } = yield* made()
        const { server, wire } = yield* accept
        yield* server.close(closeCode, "System Shutdown")
        wire.end()
        yield* settle
        assert.strictEqual((yield* client.status)._tag, status, String(closeCode))
      }
    })
  )

  it.effect("one mechanism: every kind of loss comes to onLost, and every attempt emits a typed cause", () =>
    Effect.gen(function* () {
      const causes: Array<LossCause["_tag"]> = []
      let opens = 0
      const { accept, client, refuse } = yield* made(
        {
          keepAlive: { interval: "1 second", timeout: "1 second" },
          onOpen: () => (++opens === 1 ? Effect.fail("not yet") : Effect.void),
          onLost: ({ cause }) => Effect.sync(() => causes.push(cause._tag)).pipe(Effect.as(Reconnect.retryAfter(1)))
        },
        { mute: true }
      )
      const next = Effect.andThen(settle, waitOut(client))
      yield* refuse
      yield* next
      ;(yield* accept).wire.end()
      yield* next
      ;(yield* accept).wire.reset()
      yield* next
      yield* (yield* accept).server.write(Uint8Array.of(0xff))
      // The server does not close the socket, and is waited for.
      yield* TestClock.adjust("1 second")
      yield* accept
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(causes, [
        "ConnectError",
        "OnOpenFailed",
        "ConnectionClosed",
        "ProtocolViolation",
        "PongTimeout"
      ])
    })
  )

  it.effect("an event carries its attempt, and the number of its connection", () =>
    Effect.gen(function* () {
      const generations: Array<number> = []
      const { accept, client, refuse } = yield* made({
        onOpen: (_, generation) => Effect.sync(() => void generations.push(generation))
      })
      const seen = yield* statuses(client)
      ;(yield* accept).wire.reset()
      yield* settle
      yield* waitOut(client)
      yield* refuse
      yield* waitOut(client)
      yield* accept
      assert.deepStrictEqual(generations, [1, 2])
      const numbers = seen.map((status) =>
        status._tag === "Open" ? `generation ${status.generation}` : "attempt" in status ? status.attempt : status._tag
      )
      assert.deepStrictEqual(numbers, [1, "generation 1", 2, 2, 3, 3, "generation 2"])
    })
  )

  it.effect("the lifetime of a connection is a scope, and re-opening is the policy's job", () =>
    Effect.gen(function* () {
      const events: Array<string> = []
      const { accept, client } = yield* made({
        onOpen: (_, generation) =>
          Effect.asVoid(Effect.addFinalizer(() => Effect.sync(() => events.push(`closed ${generation}`)))),
        onLost: ({ generation }) =>
          Effect.sync(() => events.push(`lost ${generation}`)).pipe(Effect.as(Reconnect.retry))
      })
      for (let i = 0; i < 2; i++) {
        ;(yield* accept).wire.reset()
        yield* settle
        yield* waitOut(client)
      }
      assert.sameMembers(events, ["lost 1", "closed 1", "lost 2", "closed 2"])
    })
  )

  it.effect("retries are iterative: hundreds of them with one reader that waits all the while", () =>
    Effect.gen(function* () {
      const { client, dials } = yield* refused({ onLost: () => Effect.succeed(Reconnect.retryAfter("1 second")) })
      const reading = yield* start(client.receive)
      const sending = yield* start(client.send("x"))
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(dials.length, 601)
      yield* client.close()
      assert.strictEqual((yield* Effect.flip(Fiber.join(reading)))._tag, "ConnectionClosed")
      assert.strictEqual((yield* Effect.flip(Fiber.join(sending)))._tag, "NotSent")
    })
  )

  it.effect("a Schedule with jitter, a cap and a most, and anew after a stable time", () =>
    Effect.gen(function* () {
      const schedule = Schedule.min([Schedule.exponential("1 second"), Schedule.spaced("4 seconds")]).pipe(
        Schedule.upTo({ duration: "30 seconds" })
      )
      const { accept, client, refuse } = yield* made({ reconnect: schedule })
      const delays: Array<number> = []
      const seen = yield* statuses(client)
      const waits = Effect.gen(function* () {
        const status = seen.at(-1)
        if (status?._tag === "Waiting") delays.push(Duration.toSeconds(status.delay!))
        yield* waitOut(client)
      })
      for (let i = 0; i < 4; i++) yield* Effect.andThen(refuse, waits)
      const { wire } = yield* accept
      yield* TestClock.adjust("5 seconds")
      wire.reset()
      yield* settle
      while (seen.at(-1)?._tag === "Waiting") yield* Effect.andThen(waits, refuse)
      assert.deepStrictEqual(delays.slice(0, 6), [1, 2, 4, 4, 1, 2])
      assert.deepInclude(seen.at(-1), { _tag: "Stopped", by: "reconnect" })
    })
  )

  it.effect("a delay can be interrupted, and close wins at once", () =>
    Effect.gen(function* () {
      const { client, dials } = yield* refused({ onLost: () => Effect.succeed(Reconnect.retryAfter("1 hour")) })
      yield* settle
      yield* client.close()
      assert.deepStrictEqual([(yield* client.status)._tag, dials.length], ["Stopped", 1])
    })
  )

  it.effect("state is fresh per connection: half a message of the last is nothing to the next", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made()
      const reading = yield* start(Stream.runCollect(Stream.take(client.messages, 1)))
      const seen = yield* statuses(client)
      const first = yield* accept
      first.wire.send(text("half a mess", false))
      first.wire.send(text("age", true).slice(0, 3))
      yield* settle
      first.wire.reset()
      yield* settle
      yield* waitOut(client)
      const second = yield* accept
      yield* second.server.send("whole")
      assert.deepStrictEqual(yield* Fiber.join(reading), ["whole"])
      assert.deepStrictEqual(tags(seen), ["Connecting", "Open", "Waiting", "Connecting", "Open"])
    })
  )
})
