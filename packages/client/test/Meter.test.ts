/** Metrics: what is counted, where, and that counting stops with its connection. */
import { assert, describe, it } from "@effect/vitest"
import { Metrics } from "@effect-websocket/client"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as TestClock from "effect/testing/TestClock"
import { Meter } from "../src/internal/Meter.ts"
import { connected, settle } from "./harness.ts"

/** In a registry of its own. */
const metered = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.provideService(effect, Metric.MetricRegistry, new Map())

const values = Effect.map(Metric.snapshot, (snapshot) =>
  Object.fromEntries(
    snapshot.map(({ id, state }) => {
      const value = "count" in state && !("buckets" in state) ? state.count : "value" in state ? state.value : state
      return [id.replace("websocket_", ""), value] as const
    })
  )
)

describe("the metrics of connections", () => {
  it.effect("messages, frames and bytes both ways; what is gone stays counted", () =>
    metered(
      Effect.gen(function* () {
        const { leave, server, socket, wire } = yield* connected({ compression: false })
        const before = wire.written().length
        yield* socket.sendAll(["hello", new Uint8Array(1000)])
        yield* socket.flush
        const sent = wire.written().length - before
        yield* server.send("good morning")
        yield* server.ping()
        yield* settle
        const open = yield* values
        assert.deepInclude(open, {
          connections_open: 1,
          connections_opened: 1,
          messages_sent: 2,
          messages_received: 1,
          frames_received: 2,
          bytes_received: 2 + 12 + 2,
          inbox_messages: 1,
          inbox_bytes: 12
        })
        assert.strictEqual(open.frames_sent, 3)
        assert.strictEqual(open.bytes_sent, sent + 6)
        assert.deepInclude(open, { compression_ratio_sent: 1, compression_ratio_received: 1 })
        yield* socket.abort
        yield* leave(Exit.void)
        assert.deepInclude(yield* values, {
          connections_open: 0,
          connections_opened: 1,
          messages_sent: 2,
          messages_received: 1,
          inbox_messages: 0,
          inbox_bytes: 0,
          outbox_bytes: 0
        })
      })
    )
  )

  it.effect("several connections are added up", () =>
    metered(
      Effect.gen(function* () {
        const pairs = [yield* connected(), yield* connected(), yield* connected()]
        for (const { server, socket } of pairs) {
          yield* server.send("x")
          yield* socket.send("y")
        }
        yield* pairs[0]!.socket.abort
        yield* settle
        assert.deepInclude(yield* values, {
          connections_open: 2,
          connections_opened: 3,
          messages_received: 3,
          messages_sent: 3
        })
      })
    )
  )

  it.effect("how much compression saves", () =>
    metered(
      Effect.gen(function* () {
        const { server, socket } = yield* connected({}, { compression: true })
        yield* socket.send("a".repeat(10_000))
        yield* server.send("b".repeat(100))
        assert.strictEqual(yield* socket.receive, "b".repeat(100))
        const { compression_ratio_received, compression_ratio_sent } = yield* values
        assert.isBelow(Number(compression_ratio_sent), 0.02)
        // The scripted server stores: a few bytes more than nothing saved.
        assert.approximately(Number(compression_ratio_received), 1.06, 0.01)
      })
    )
  )

  it.effect("what waits for a peer that does not read", () =>
    metered(
      Effect.gen(function* () {
        const { socket, wire } = yield* connected({ compression: false })
        wire.stall()
        yield* socket.send(new Uint8Array(5000))
        yield* settle
        const { outbox_bytes } = yield* values
        assert.strictEqual(outbox_bytes, yield* socket.bufferedBytes)
        assert.isAbove(Number(outbox_bytes), 5000)
      })
    )
  )

  it.effect("round trips and handshakes, in seconds", () =>
    metered(
      Effect.gen(function* () {
        const { server, socket } = yield* connected({}, { mute: true })
        yield* Effect.forkChild(socket.ping(Uint8Array.of(1)), { startImmediately: true })
        yield* TestClock.adjust(80)
        yield* server.pong(Uint8Array.of(1))
        const roundTrips = yield* Metric.value(Metrics.roundTripSeconds)
        assert.deepInclude(roundTrips, { count: 1, sum: 0.08 })
        assert.deepInclude(yield* Metric.value(Metrics.handshakeSeconds), { count: 1, sum: 0 })
      })
    )
  )

  it.effect("the program's own attributes tell clients apart", () =>
    metered(
      Effect.gen(function* () {
        const labelled = (client: string) =>
          Effect.provideService(connected(), Metric.CurrentMetricAttributes, { client })
        yield* labelled("prices")
        yield* labelled("prices")
        yield* labelled("news")
        const open = (yield* Metric.snapshot).filter(({ id }) => id === "websocket_connections_open")
        const seen = open.map(({ attributes, state }) => [attributes?.client, "value" in state && state.value])
        assert.deepStrictEqual(seen, [
          ["prices", 2],
          ["news", 1]
        ])
      })
    )
  )
})

describe("Meter", () => {
  it("a source that is forgotten twice is counted once", () => {
    const context = Context.make(Metric.MetricRegistry, new Map())
    const meter = new Meter(context)
    const source = { counts: { messagesSent: 2, inboxMessages: 5 } }
    const watch = meter.watch(source)
    assert.strictEqual(Metrics.messagesSent.valueUnsafe(context).count, 2)
    assert.strictEqual(Metrics.inboxMessages.valueUnsafe(context).value, 5)
    meter.forget(watch)
    meter.forget(watch)
    assert.strictEqual(Metrics.messagesSent.valueUnsafe(context).count, 2)
    assert.strictEqual(Metrics.inboxMessages.valueUnsafe(context).value, 0)
  })
})
