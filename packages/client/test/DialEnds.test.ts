/** How dialling ends before there is a connection: the one deadline, and interruption at every stage. */
import { assert, describe, it } from "@effect/vitest"
import { Metrics, WebSocket } from "@effect-websocket/client"
import { ServerPeer } from "@effect-websocket/client/testing"
import { type ByteStream, Reset, Transport, TransportError, wrapStream } from "@effect-websocket/transport"
import { MemoryTransport } from "@effect-websocket/transport/testing"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Random from "effect/Random"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as Attendant from "../src/internal/Attendant.ts"
import { answered, dialling, failureOf, url } from "./dialling.ts"
import { bytes, isWaiting, settle, start } from "./harness.ts"

describe("One deadline covers DNS, TCP, proxies, TLS, redirects and upgrade", () => {
  it.effect("the transport does not open: exactly openTimeout, the stage named, the dial abandoned", () =>
    Effect.gen(function* () {
      const { connecting, network } = yield* dialling({ deadlines: { openTimeout: "7 seconds" } })
      const dial = yield* network.dial
      yield* TestClock.adjust(6999)
      assert.isTrue(yield* isWaiting(connecting))
      yield* TestClock.adjust(1)
      const error = yield* failureOf(connecting)
      assert.deepInclude(error.reason, { _tag: "TimedOut", stage: "socket" })
      assert.deepInclude(error.steps[0], { stage: "socket", duration: 7000, failure: "interrupted" })
      yield* dial.abandoned
    })
  )

  it.effect("time that opening took is not there for the upgrade: 10 s in all, by default", () =>
    Effect.gen(function* () {
      const { connecting, network } = yield* dialling()
      yield* TestClock.adjust("6 seconds")
      const wire = yield* network.accept
      yield* TestClock.adjust(3999)
      assert.isTrue(yield* isWaiting(connecting))
      yield* TestClock.adjust(1)
      const error = yield* failureOf(connecting)
      assert.deepInclude(error.reason, { _tag: "TimedOut", stage: "upgrade" })
      assert.deepInclude(error.steps[1], { stage: "upgrade", startedAt: 6000, duration: 4000 })
      yield* wire.destroyed
    })
  )

  it.effect("half a header for ever, byte by byte", () =>
    Effect.gen(function* () {
      const { connecting, network } = yield* dialling()
      const wire = yield* network.accept
      yield* ServerPeer.answer(wire, "HTTP/1.1 101 A\r\nX: ")
      for (let second = 0; second < 10; second++) {
        wire.send(bytes("x"))
        yield* TestClock.adjust("1 second")
      }
      assert.deepInclude((yield* failureOf(connecting)).reason, { _tag: "TimedOut", stage: "upgrade" })
      yield* wire.destroyed
    })
  )

  it.effect("the body of a refusal that is still coming at the deadline: still HandshakeRejected", () =>
    Effect.gen(function* () {
      const { error, wire } = yield* answered("HTTP/1.1 503 Busy\r\ncontent-length: 100\r\n\r\nso far")
      yield* TestClock.adjust("10 seconds")
      assert.deepInclude((yield* error).reason, {
        _tag: "HandshakeRejected",
        status: 503,
        body: "so far",
        bodyTruncated: true
      })
      yield* wire.destroyed
    })
  )

  it.effect("Infinity: no deadline", () =>
    Effect.gen(function* () {
      const { connecting, network } = yield* dialling({ deadlines: { openTimeout: "Infinity" } })
      const wire = yield* network.accept
      yield* TestClock.adjust("1000 days")
      assert.isTrue(yield* isWaiting(connecting))
      yield* ServerPeer.accept(wire)
      yield* Fiber.join(connecting)
    })
  )

  it.effect("no deadline after the handshake", () =>
    Effect.gen(function* () {
      const { connecting, network } = yield* dialling({ keepAlive: false })
      const wire = yield* network.accept
      const server = yield* ServerPeer.accept(wire)
      const socket = yield* Fiber.join(connecting)
      yield* TestClock.adjust("1 hour")
      yield* server.send("late")
      assert.strictEqual(yield* socket.receive, "late")
      wire.reset()
    })
  )
})

describe("interrupting connect destroys what was half open, at every stage", () => {
  it.effect("before the transport answers", () =>
    Effect.gen(function* () {
      const { connecting, network } = yield* dialling()
      const dial = yield* network.dial
      yield* Fiber.interrupt(connecting)
      yield* dial.abandoned
      assert.isTrue(dial.accept().isDestroyed())
    })
  )

  const stages: ReadonlyArray<readonly [stage: string, answer: string | undefined]> = [
    ["before the request was read", undefined],
    ["before the answer", ""],
    ["inside the answer's head", "HTTP/1.1 101 A\r\nUpg"],
    ["inside the body of a refusal", "HTTP/1.1 403 A\r\ncontent-length: 5\r\n\r\nab"]
  ]
  for (const [stage, answer] of stages) {
    it.effect(stage, () =>
      Effect.gen(function* () {
        const { connecting, network } = yield* dialling()
        const wire = yield* network.accept
        if (answer !== undefined) yield* ServerPeer.answer(wire, answer)
        yield* settle
        yield* Fiber.interrupt(connecting)
        assert.isTrue(wire.isDestroyed())
      })
    )
  }

  it.effect("in the very turn in which the handshake completes: it is closed as any other", () =>
    Effect.gen(function* () {
      const { connecting, network, scope } = yield* dialling()
      const wire = yield* network.accept
      const request = yield* ServerPeer.request(wire)
      const interrupting = yield* start(Effect.andThen(Effect.yieldNow, Fiber.interrupt(connecting)))
      const server = yield* ServerPeer.acceptRequest(wire, request)
      const leaving = yield* start(Effect.andThen(Fiber.join(interrupting), Scope.close(scope, Exit.interrupt())))
      let event = yield* server.next
      if (event._tag === "Close") {
        yield* server.end
        event = yield* server.next
      }
      assert.strictEqual(event._tag, "End")
      yield* Fiber.join(leaving)
      assert.isTrue(wire.isDestroyed())
    })
  )

  it.effect("a stream that throws when it is asked to flow: it is destroyed, and nothing is left of the session", () =>
    Effect.gen(function* () {
      const network = yield* MemoryTransport.make()
      const throwing = (stream: ByteStream) =>
        wrapStream(stream, {
          flow: () => {
            throw new Error("flows no more")
          }
        })
      const transport = Layer.effect(
        Transport,
        Effect.map(Transport, ({ open }): typeof Transport.Service => ({
          open: (target) => Effect.map(open(target), throwing)
        }))
      ).pipe(Layer.provide(network.layer))
      yield* Effect.gen(function* () {
        const connecting = yield* start(Effect.exit(Effect.scoped(WebSocket.connect(url))))
        const wire = yield* network.accept
        yield* ServerPeer.accept(wire)
        const exit = yield* Fiber.join(connecting)
        assert.isTrue(Exit.hasDies(exit))
        assert.isTrue(wire.isDestroyed())
        const open = yield* Metric.value(Metrics.connectionsOpen)
        assert.strictEqual(open.value, 0)
        const attendant = Attendant.of(yield* Transport, yield* Clock.Clock)
        assert.lengthOf([...(attendant as unknown as { readonly all: Iterable<unknown> }).all], 0)
      }).pipe(Effect.provide(transport), Effect.provideService(Metric.MetricRegistry, new Map()))
    })
  )

  it.effect("a program's Random that throws, when it is asked for the jitter: the same", () =>
    Effect.gen(function* () {
      const network = yield* MemoryTransport.make()
      const throwing = () => {
        throw new Error("no more numbers")
      }
      const random = { nextIntUnsafe: throwing, nextDoubleUnsafe: throwing }
      yield* Effect.gen(function* () {
        const connect = WebSocket.connect(url, { keepAlive: { jitter: 0.5 } })
        const connecting = yield* start(
          Effect.exit(Effect.scoped(Effect.provideService(connect, Random.Random, random)))
        )
        const wire = yield* network.accept
        yield* ServerPeer.accept(wire)
        assert.isTrue(Exit.hasDies(yield* Fiber.join(connecting)))
        assert.isTrue(wire.isDestroyed())
        const open = yield* Metric.value(Metrics.connectionsOpen)
        assert.strictEqual(open.value, 0)
        const attendant = Attendant.of(yield* Transport, yield* Clock.Clock)
        assert.lengthOf([...(attendant as unknown as { readonly all: Iterable<unknown> }).all], 0)
      }).pipe(Effect.provide(network.layer), Effect.provideService(Metric.MetricRegistry, new Map()))
    })
  )

  it.effect("a transport that fails with a TransportError of another connection's making", () =>
    Effect.gen(function* () {
      const broken = Layer.succeed(Transport, {
        open: () => Effect.fail(new TransportError({ reason: new Reset({ code: "EPIPE" }) }))
      })
      const error = yield* Effect.flip(Effect.scoped(Effect.provide(WebSocket.connect(url), broken)))
      assert.deepStrictEqual(error.reason, new Reset({ code: "EPIPE" }))
      assert.deepStrictEqual(error.steps, [])
    })
  )
})
