/** Spans and logs: which there are, what they say, and that none is made for a message. */
import { assert, describe, it } from "@effect/vitest"
import { Client, Metrics } from "@effect-websocket/client"
import { ServerPeer } from "@effect-websocket/client/testing"
import { Refused } from "@effect-websocket/transport"
import { MemoryTransport } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as References from "effect/References"
import * as Tracer from "effect/Tracer"
import * as TestClock from "effect/testing/TestClock"
import * as Spans from "../src/internal/Spans.ts"
import { connected, settle, start } from "./harness.ts"

/** Runs it, and answers the names and attributes of all spans that began meanwhile. */
const traced = Effect.fnUntraced(function* <E, R>(effect: Effect.Effect<unknown, E, R>) {
  const spans: Array<Tracer.Span> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    }
  })
  yield* Effect.provideService(effect, Tracer.Tracer, tracer)
  return spans.map(({ attributes, name }): Told => ({ ...Object.fromEntries(attributes), name }))
})

interface Told {
  readonly name: string
  readonly [attribute: string]: unknown
}

const named = (name: string) => (span: { readonly name: string }) => span.name === name

describe("spans", () => {
  it.effect("one of connecting and one of closing, with the same connection; none for messages and pings", () =>
    Effect.gen(function* () {
      let id = ""
      const spans = yield* traced(
        Effect.gen(function* () {
          const { leave, server, socket } = yield* connected()
          id = socket.id
          yield* start(ServerPeer.echo(server))
          yield* socket.send("x")
          yield* socket.receive
          yield* socket.ping()
          yield* socket.close(4000, "done")
          yield* leave(Exit.void)
        })
      )
      const own = spans.filter(({ name }) => name === "WebSocket.connect" || name === "WebSocket.close")
      assert.deepStrictEqual(own, [
        { name: "WebSocket.connect", ...own[0], "websocket.connection": id },
        {
          name: "WebSocket.close",
          "websocket.connection": id,
          "websocket.close_code": 4000,
          "websocket.closed_by": "us",
          "websocket.clean": true
        }
      ])
      assert.match(id, /^[0-9a-f]{8}$/)
      assert.isEmpty(spans.filter(({ name }) => /send|receive|ping|message/i.test(name)))
    })
  )

  it.effect("leaving the scope is a close too, unless the connection has ended before", () =>
    Effect.gen(function* () {
      const spans = yield* traced(
        Effect.gen(function* () {
          const left = yield* connected()
          yield* start(ServerPeer.echo(left.server))
          yield* left.leave(Exit.fail("a failure"))
          const lost = yield* connected()
          lost.wire.reset()
          yield* settle
          yield* lost.leave(Exit.void)
        })
      )
      const closes = spans.filter(named("WebSocket.close"))
      assert.strictEqual(closes.length, 1)
      assert.deepInclude(closes[0], { "websocket.close_code": 1011, "websocket.clean": true })
    })
  )

  it.effect("each attempt of a long-lived client after a loss, counted by its cause", () =>
    Effect.gen(function* () {
      const network = yield* MemoryTransport.make()
      const spans = yield* traced(
        Effect.gen(function* () {
          yield* Effect.provide(Client.make({ url: "ws://server.test/" }), network.layer)
          yield* network.refuse(new Refused({ address: "192.0.2.1:80" }))
          yield* TestClock.adjust("2 seconds")
          const wire = yield* network.accept
          yield* ServerPeer.accept(wire)
          yield* settle
          wire.reset()
          yield* TestClock.adjust("2 seconds")
          const next = yield* network.accept
          yield* ServerPeer.accept(next)
          yield* settle
          next.reset()
          yield* TestClock.adjust("4 seconds")
          yield* network.refuse(new Refused({ address: "192.0.2.1:80" }))
          yield* settle
        })
      )
      assert.deepStrictEqual(spans.filter(named("WebSocket.reconnect")), [
        { name: "WebSocket.reconnect", "websocket.attempt": 2, "websocket.cause": "Refused" },
        { name: "WebSocket.reconnect", "websocket.attempt": 3, "websocket.cause": "Reset" },
        { name: "WebSocket.reconnect", "websocket.attempt": 4, "websocket.cause": "Reset", "error.type": "Refused" }
      ])
      const by = (cause: string) => Metric.value(Metric.withAttributes(Metrics.reconnects, { cause }))
      assert.strictEqual((yield* by("Refused")).count, 1)
      assert.strictEqual((yield* by("Reset")).count, 2)
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))
  )
})

describe("logs", () => {
  it.effect("nothing of what is expected is logged at the levels that programs show", () =>
    Effect.gen(function* () {
      const lines: Array<unknown> = []
      const logger = Logger.make(({ message }) => lines.push(message))
      yield* Effect.gen(function* () {
        const { leave, server, socket } = yield* connected()
        yield* start(ServerPeer.echo(server))
        yield* socket.send("x")
        yield* socket.close(4000)
        yield* leave(Exit.void)
        const lost = yield* connected()
        lost.wire.reset()
        yield* lost.leave(Exit.fail("x"))
      }).pipe(Effect.provide(Logger.layer([logger])), Effect.provideService(References.MinimumLogLevel, "Info"))
      assert.deepStrictEqual(lines, [])
    })
  )

  it.effect("what is logged of a connection, its dial included, bears its id", () =>
    Effect.gen(function* () {
      const ids: Array<unknown> = []
      const logger = Logger.make(({ fiber }) => {
        ids.push(fiber.getRef(References.CurrentLogAnnotations)["websocket.connection"])
      })
      const id = yield* Effect.gen(function* () {
        const { server, socket } = yield* connected({ trace: { level: "Info" } })
        yield* start(ServerPeer.echo(server))
        yield* socket.send("x")
        yield* socket.receive
        yield* settle
        return socket.id
      }).pipe(Effect.provide(Logger.layer([logger])))
      assert.isAbove(ids.length, 3)
      assert.deepStrictEqual([...new Set(ids)], [id])
    })
  )
})

describe("a connection's id", () => {
  const ids: ReadonlyArray<readonly [random: number, id: string]> = [
    [0, "00000000"],
    [1, "00000001"],
    [0x0a0b0c0d, "0a0b0c0d"],
    [0x7fffffff, "7fffffff"],
    [0x80000000, "80000000"],
    [-0x80000000, "80000000"],
    [0xfedcba98, "fedcba98"],
    [-1, "ffffffff"]
  ]
  for (const [random, id] of ids) it(`of ${random} is ${id}`, () => assert.strictEqual(Spans.newId(random), id))
})
