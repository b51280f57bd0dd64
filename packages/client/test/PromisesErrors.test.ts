/**
 * What users of websocket-client asked for about errors and diagnostics over the years, one promise a test. Each is shown
 * at its shortest; Errors, Dial, DialEnds and the clauses have the corners.
 */
import { assert, describe, it } from "@effect/vitest"
import { ConnectError, HandshakeRejected, WebSocket } from "@effect-websocket/client"
import { Pair } from "@effect-websocket/client/testing"
import { HostNotFound } from "@effect-websocket/transport"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { answered, dialling, failureOf } from "./dialling.ts"
import { failsWith, settle, start } from "./harness.ts"

describe("errors and diagnostics", () => {
  it.effect("user failures propagate in the typed error channel, and defects with their causes", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* Pair.open()
      yield* server.send("one")
      const failing = Stream.runForEach(socket.messages, () => Effect.fail("mine" as const))
      assert.strictEqual(yield* Effect.flip(failing), "mine")
      yield* server.send("two")
      const bug = new TypeError("mine as well")
      const dying = Stream.runForEach(socket.messages, () => Effect.die(bug))
      const exit = yield* Effect.exit(dying)
      assert.isTrue(Exit.isFailure(exit) && Cause.squash(exit.cause) === bug)
      yield* server.send("three")
      assert.strictEqual(yield* socket.receive, "three")
    })
  )

  it.effect("every error has a tag, a message and fields", () =>
    Effect.gen(function* () {
      const { connecting, network } = yield* dialling()
      yield* network.refuse(new HostNotFound({ host: "user.test", code: "ENOTFOUND" }))
      const error = yield* failureOf(connecting)
      assert.instanceOf(error, ConnectError)
      assert.strictEqual(error._tag, "ConnectError")
      assert.deepInclude(error.reason, { _tag: "HostNotFound", host: "user.test", code: "ENOTFOUND" })
      assert.include(error.message, "check the spelling of the host name")
    })
  )

  it.effect("a handshake that fails carries status, reason, headers and a bounded body", () =>
    Effect.gen(function* () {
      const head = "HTTP/1.1 503 Down for lunch\r\nX-Back: 13:00\r\nContent-Length: 100000\r\n\r\n"
      const { error } = yield* answered(`${head}${"x".repeat(100_000)}`, { limits: { maxBodyBytes: 10 } })
      const { reason } = yield* error
      if (!(reason instanceof HandshakeRejected)) return assert.fail(reason._tag)
      assert.deepInclude(reason, {
        status: 503,
        statusText: "Down for lunch",
        body: "x".repeat(10),
        bodyTruncated: true
      })
      assert.deepInclude(reason.headers, ["x-back", "13:00"])
    })
  )

  it.effect("401 comes with a hint about credentials", () =>
    Effect.gen(function* () {
      const { error } = yield* answered("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
      assert.include((yield* error).message, "it wants credentials: give an Authorization header")
    })
  )

  it.effect("one union of errors: a write that fails closes, and whoever takes is told the same", () =>
    Effect.gen(function* () {
      const { socket, wire } = yield* Pair.open()
      const taking = yield* start(Effect.flip(socket.receive))
      wire.reset("EPIPE")
      yield* settle
      yield* failsWith(socket.send("into the void"), { _tag: "ConnectionClosed", closeCode: 1006, by: "network" })
      const failure = yield* Fiber.join(taking)
      assert.strictEqual(failure._tag, "ConnectionClosed")
      assert.include(failure.message, "EPIPE")
      assert.deepInclude(yield* socket.closed, { closeCode: 1006, clean: false })
    })
  )

  it.effect("one timeout error, with its stage", () =>
    Effect.gen(function* () {
      const { connecting, network } = yield* dialling()
      yield* network.accept
      yield* TestClock.adjust("10 seconds")
      const { message, reason } = yield* failureOf(connecting)
      assert.deepInclude(reason, { _tag: "TimedOut", stage: "upgrade" })
      assert.include(message, "allow more time")
    })
  )

  it.effect("timeouts for opening, closing and idling are options of each connection, and nothing is global", () =>
    Effect.gen(function* () {
      const patient = yield* dialling()
      const hasty = yield* dialling({ deadlines: { openTimeout: "1 second" } })
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* failureOf(hasty.connecting)).reason._tag, "TimedOut")
      assert.isUndefined(patient.connecting.pollUnsafe())

      const mute = { mute: true }
      const idle = yield* Pair.open({
        client: { keepAlive: false, deadlines: { idleTimeout: "1 minute" } },
        server: mute
      })
      const closing = yield* Pair.open({ client: { deadlines: { closeTimeout: "3 seconds" } }, server: mute })
      const ended = yield* start(Effect.timed(closing.socket.close()))
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual(Duration.toSeconds((yield* Fiber.join(ended))[0]), 3)
      // A second more, since this peer does not answer our Close either.
      yield* TestClock.adjust("58 seconds")
      yield* failsWith(idle.socket.receive, { _tag: "IdleTimeout" })
    })
  )

  it.effect("silent by default, whatever happens", () => {
    const logged: Array<unknown> = []
    const logger = Logger.layer([Logger.make(({ message }) => logged.push(message))])
    return Effect.gen(function* () {
      yield* Effect.log("the logger listens")
      const { server, socket, wire } = yield* Pair.open()
      yield* socket.send("hello")
      yield* server.send("hello")
      yield* socket.receive
      yield* server.write(Uint8Array.of(0xff))
      yield* failsWith(socket.receive, { _tag: "ProtocolViolation" })
      wire.reset()
      yield* socket.closed
      const { connecting, network } = yield* dialling()
      yield* network.refuse(new HostNotFound({ host: "user.test", code: "ENOTFOUND" }))
      yield* failureOf(connecting)
      yield* Effect.flip(Effect.scoped(WebSocket.connect("http://user.test")).pipe(Effect.provide(network.layer)))
      assert.deepStrictEqual(logged, [["the logger listens"]])
    }).pipe(Effect.provide(logger))
  })
})
