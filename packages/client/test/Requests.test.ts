import { assert, describe, it } from "@effect/vitest"
import { type LossCause, type Message, type Messages, Requests, type Status, WebSocket } from "@effect-websocket/client"
import { Pair, type ServerPeer } from "@effect-websocket/client/testing"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { failsWith, isWaiting, settle, start } from "./harness.ts"
import { made } from "./longLived.ts"

const protocol = {
  receive: Schema.Union([
    Schema.Struct({ id: Schema.Int, result: Schema.Int }),
    Schema.Struct({ news: Schema.String })
  ]),
  send: Schema.Struct({ id: Schema.Int, double: Schema.Int }),
  onDecodeError: () => Effect.void
}

type Received = typeof protocol.receive.Type

const responseId = (message: Received) => ("id" in message ? message.id : undefined)

const makeOver = <RE extends LossCause, SE, SO>(
  socket: Messages<Message, Message, RE, SE, SO>,
  options: Partial<Requests.MakeOptions<Received>> = {}
) =>
  Effect.map(Requests.make(WebSocket.schema(socket, protocol), { responseId, ...options }), (requests) => ({
    requests,
    double: (n: number, timeout?: "1 second") =>
      Effect.map(
        requests.request((id) => ({ id, double: n }), timeout && { timeout }),
        (answer) => ("result" in answer ? answer.result : assert.fail("news is no response"))
      )
  }))

const open = (options?: Partial<Requests.MakeOptions<Received>>) =>
  Effect.gen(function* () {
    const pair = yield* Pair.open()
    return { ...pair, ...(yield* makeOver(pair.socket, options)) }
  })

/** The next request that the server sees, as `[id, number]`. */
const asked = (server: ServerPeer.ServerPeer) =>
  Effect.map(server.next, (event) => {
    if (event._tag !== "Message") return assert.fail(event._tag)
    const { double, id } = JSON.parse(String(event.message))
    return [id, double] as const
  })

const answer = (server: ServerPeer.ServerPeer, id: number, result: number) =>
  server.send(JSON.stringify({ id, result }))

const news = (server: ServerPeer.ServerPeer, news: string) => server.send(JSON.stringify({ news }))

describe("responses", () => {
  it.effect("each finds its request, in whatever order they come", () =>
    Effect.gen(function* () {
      const { double, server } = yield* open()
      const asking = yield* start(Effect.all([double(10), double(20), double(30)], { concurrency: "unbounded" }))
      const ids = [yield* asked(server), yield* asked(server), yield* asked(server)]
      assert.deepStrictEqual(ids, [
        [1, 10],
        [2, 20],
        [3, 30]
      ])
      for (const [id, n] of ids.toReversed()) yield* answer(server, id, 2 * n)
      assert.deepStrictEqual(yield* Fiber.join(asking), [20, 40, 60])
    })
  )

  it.effect("other messages are still there, in order, in the same read as well", () =>
    Effect.gen(function* () {
      const { double, requests, server } = yield* open()
      const asking = yield* start(double(1))
      yield* asked(server)
      yield* server.together([news(server, "a"), answer(server, 1, 2), news(server, "b")])
      yield* news(server, "c")
      assert.strictEqual(yield* Fiber.join(asking), 2)
      yield* settle
      assert.deepStrictEqual(yield* requests.receive, { news: "a" })
      assert.deepStrictEqual(yield* requests.receiveN(5), [{ news: "b" }, { news: "c" }])
    })
  )

  it.effect("whoever takes the other messages can ask in between", () =>
    Effect.gen(function* () {
      const { double, requests, server } = yield* open()
      const results: Array<number> = []
      const reacting = yield* start(
        Stream.runForEach(requests.messages, () => Effect.map(double(4), (result) => results.push(result)))
      )
      yield* news(server, "go")
      const [id] = yield* asked(server)
      yield* answer(server, id, 8)
      yield* settle
      assert.deepStrictEqual(results, [8])
      assert.isTrue(yield* isWaiting(reacting))
    })
  )

  it.effect("one that comes too late is among the other messages", () =>
    Effect.gen(function* () {
      const { double, requests, server } = yield* open()
      const asking = yield* start(double(1))
      yield* Fiber.interrupt(asking)
      yield* asked(server)
      yield* answer(server, 1, 2)
      assert.deepStrictEqual(yield* requests.receive, { id: 1, result: 2 })
    })
  )
})

describe("bounds", () => {
  it.effect("maxInFlight: more wait for their turn, and an interrupted one lets the next have its", () =>
    Effect.gen(function* () {
      const { double, requests, server } = yield* open({ maxInFlight: 1 })
      const first = yield* start(double(1))
      const second = yield* start(double(2))
      const third = yield* start(double(3))
      assert.deepStrictEqual(yield* asked(server), [1, 1])
      assert.strictEqual(yield* requests.inFlight, 1)
      yield* Fiber.interrupt(first)
      assert.deepStrictEqual(yield* asked(server), [2, 2])
      yield* answer(server, 2, 4)
      assert.strictEqual(yield* Fiber.join(second), 4)
      assert.deepStrictEqual(yield* asked(server), [3, 3])
      yield* Fiber.interrupt(third)
      assert.strictEqual(yield* requests.inFlight, 0)
    })
  )

  it.effect("maxOthers: reading stops, and a response behind them comes once they are taken", () =>
    Effect.gen(function* () {
      const { double, requests, server } = yield* open({ maxOthers: 2 })
      const asking = yield* start(double(1))
      yield* asked(server)
      for (const text of ["a", "b", "c"]) yield* news(server, text)
      yield* answer(server, 1, 2)
      assert.isTrue(yield* isWaiting(asking))
      assert.deepStrictEqual(yield* requests.receive, { news: "a" })
      assert.strictEqual(yield* Fiber.join(asking), 2)
      assert.deepStrictEqual(yield* requests.receiveN(9), [{ news: "b" }, { news: "c" }])
    })
  )

  it.effect("maxOthersBytes: the same by size, and one always fits", () =>
    Effect.gen(function* () {
      const { double, requests, server } = yield* open({ maxOthersBytes: 100 })
      const asking = yield* start(Effect.flip(double(1)))
      yield* asked(server)
      const long = "x".repeat(60)
      for (const text of [long, long, "c"]) yield* news(server, text)
      yield* answer(server, 1, 2)
      yield* TestClock.adjust("30 seconds")
      assert.deepInclude(yield* Fiber.join(asking), { _tag: "RequestTimedOut", blockedBy: 1 })
      const taken = yield* Stream.runCollect(Stream.take(Stream.rechunk(requests.messages, 1), 4))
      assert.deepStrictEqual(taken, [{ news: long }, { news: long }, { news: "c" }, { id: 1, result: 2 }])
    })
  )

  it.effect("maxOthersBytes: also of messages that a program made of parts of others", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* Pair.open()
      const typed = WebSocket.schema(socket, protocol)
      const sent: Array<unknown> = []
      const logging: typeof typed = {
        ...typed,
        send: (value, options) => {
          sent.push(value)
          return typed.send(value, options)
        }
      }
      const requests = yield* Requests.make(logging, { responseId, maxOthersBytes: 100 })
      const asking = yield* start(Effect.flip(requests.request((id) => ({ id, double: 1 }))))
      yield* asked(server)
      for (let i = 0; i < 3; i++) yield* news(server, "x".repeat(60))
      yield* answer(server, 1, 2)
      yield* TestClock.adjust("30 seconds")
      assert.deepInclude(yield* Fiber.join(asking), { _tag: "RequestTimedOut", blockedBy: 1 })
      assert.deepStrictEqual(sent, [{ id: 1, double: 1 }])
    })
  )

  it.effect("whoever asks a peer that sends large news instead holds no more than their bound", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* Pair.open()
      const requests = yield* Requests.make(socket, { responseId: () => undefined })
      for (let i = 0; i < 8; i++) yield* server.send(new Uint8Array(0x80000))
      yield* settle
      // Two are kept, one waits for room, two are in the connection's inbox, and one may be on its way there.
      assert.isAtLeast(wire.unread(), 2 * 0x80000)
      assert.lengthOf(yield* Stream.runCollect(Stream.take(requests.messages, 8)), 8)
    })
  )

  it.effect("others: discard counts them, and keeps nothing waiting", () =>
    Effect.gen(function* () {
      const { double, requests, server } = yield* open({ maxOthers: 2, others: "discard" })
      const asking = yield* start(double(1))
      yield* asked(server)
      for (const text of ["a", "b", "c"]) yield* news(server, text)
      yield* answer(server, 1, 2)
      assert.strictEqual(yield* Fiber.join(asking), 2)
      assert.strictEqual(yield* requests.discarded, 3)
    })
  )

  it.effect("an option out of range is InvalidOptions", () =>
    Effect.gen(function* () {
      const { socket } = yield* Pair.open()
      const failure = yield* Effect.flip(makeOver(socket, { maxInFlight: 0 }))
      assert.include(failure.message, "maxInFlight")
    })
  )
})

describe("a request that fails", () => {
  it.effect("after its timeout, which is its own or that of all; the peer may have acted on it", () =>
    Effect.gen(function* () {
      const { double, requests } = yield* open()
      const own = yield* start(Effect.flip(double(1, "1 second")))
      const common = yield* start(Effect.flip(double(2)))
      yield* TestClock.adjust("1 second")
      assert.deepInclude(yield* Fiber.join(own), { _tag: "RequestTimedOut", fate: "Unknown", blockedBy: 0 })
      yield* TestClock.adjust("28999 millis")
      assert.isTrue(yield* isWaiting(common))
      yield* TestClock.adjust("1 millis")
      const failure = yield* Fiber.join(common)
      assert.strictEqual(
        failure.message,
        "No response came within 30s: ask the peer whether it acted on it, or raise timeout if it is slow"
      )
      assert.strictEqual(yield* requests.inFlight, 0)
    })
  )

  it.effect("after its timeout without a turn: it was not sent", () =>
    Effect.gen(function* () {
      const { double, server } = yield* open({ maxInFlight: 1 })
      const first = yield* start(double(1))
      const second = yield* start(Effect.flip(double(2, "1 second")))
      yield* TestClock.adjust("1 second")
      const failure = yield* Fiber.join(second)
      assert.deepInclude(failure, { _tag: "RequestTimedOut", fate: "NotSent" })
      assert.include(failure.message, "raise maxInFlight")
      yield* asked(server)
      yield* answer(server, 1, 2)
      assert.strictEqual(yield* Fiber.join(first), 2)
    })
  )

  it.effect("after its timeout, and says so when other messages stand in front of its response", () =>
    Effect.gen(function* () {
      const { double, server } = yield* open({ maxOthers: 2 })
      const asking = yield* start(Effect.flip(double(1)))
      yield* asked(server)
      for (const text of ["a", "b", "c"]) yield* news(server, text)
      yield* answer(server, 1, 2)
      yield* TestClock.adjust("30 seconds")
      const failure = yield* Fiber.join(asking)
      assert.deepInclude(failure, { _tag: "RequestTimedOut", fate: "Unknown", blockedBy: 2 })
      assert.include(failure.message, "take `messages`")
    })
  )

  it.effect("with FateUnknown when the connection is lost after it was sent, and NotSent from then on", () =>
    Effect.gen(function* () {
      const { double, requests, server, wire } = yield* open()
      const asking = yield* start(Effect.flip(double(1)))
      const taking = yield* start(Effect.flip(Stream.runDrain(requests.messages)))
      yield* asked(server)
      wire.reset()
      const failure = yield* Fiber.join(asking)
      assert.strictEqual(failure._tag, "FateUnknown")
      assert.strictEqual((yield* Fiber.join(taking))._tag, "ConnectionClosed")
      assert.strictEqual(failure._tag === "FateUnknown" && failure.cause?._tag, "ConnectionClosed")
      yield* failsWith(double(2), { _tag: "NotSent", why: "stopped" })
      assert.strictEqual((yield* Effect.flip(requests.receive))._tag, "ConnectionClosed")
    })
  )

  it.effect("with FateUnknown as well at a clean end, which ends the other messages normally", () =>
    Effect.gen(function* () {
      const { double, requests, server } = yield* open()
      const asking = yield* start(Effect.flip(double(1)))
      yield* asked(server)
      yield* news(server, "bye")
      yield* server.close(1000)
      assert.strictEqual((yield* Fiber.join(asking))._tag, "FateUnknown")
      assert.deepStrictEqual(yield* Stream.runCollect(requests.messages), [{ news: "bye" }])
      assert.strictEqual((yield* Effect.flip(requests.receive))._tag, "ConnectionClosed")
    })
  )

  it.effect("with what sending fails with, and then nothing is in flight", () =>
    Effect.gen(function* () {
      const { double, requests, server } = yield* open()
      yield* failsWith(double(0.5), { _tag: "EncodeFailed" })
      assert.strictEqual(yield* requests.inFlight, 0)
      yield* requests.send({ id: 0, double: 7 })
      assert.deepStrictEqual(yield* asked(server), [0, 7])
    })
  )

  it.effect("when the scope is left, and nothing reads any more", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* Pair.open()
      const scope = yield* Scope.make()
      const { double, requests } = yield* Scope.provide(makeOver(socket), scope)
      const asking = yield* start(Effect.flip(double(1)))
      yield* asked(server)
      yield* news(server, "already here")
      yield* settle
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* Fiber.join(asking))._tag, "FateUnknown")
      assert.deepStrictEqual(yield* requests.receive, { news: "already here" })
      yield* news(server, "for others")
      assert.strictEqual(yield* socket.receive, `{"news":"for others"}`)
    })
  )
})

describe("a responseId that throws", () => {
  for (const others of ["keep", "discard"] as const) {
    it.effect(`is logged, and what everybody who asks dies of (others: ${others})`, () => {
      const logged: Array<unknown> = []
      return Effect.gen(function* () {
        const bug = new Error("a bug")
        const responseId = () => {
          throw bug
        }
        const { double, requests, server } = yield* open({ responseId, others })
        const asking = yield* start(double(1))
        yield* asked(server)
        yield* news(server, "hello")
        yield* settle
        const died = Exit.die(bug)
        assert.deepStrictEqual(yield* Fiber.await(asking), died)
        assert.deepStrictEqual(yield* Effect.exit(double(2)), died)
        assert.deepStrictEqual(yield* Effect.exit(requests.receive), died)
        assert.strictEqual(yield* requests.inFlight, 0)
        assert.deepStrictEqual(logged, [bug])
      }).pipe(Effect.provide(Logger.layer([Logger.make(({ cause }) => logged.push(Cause.squash(cause)))])))
    })
  }
})

it.effect("over messages that fail with something else, which the types refuse, everybody who asks dies of it", () => {
  const logged: Array<unknown> = []
  return Effect.gen(function* () {
    const { server, socket } = yield* Pair.open()
    const { onDecodeError, ...failing } = protocol
    const typed: unknown = WebSocket.schema(socket, failing)
    type Untold = Messages<Received, typeof protocol.send.Type, never, never>
    const requests = yield* Requests.make(typed as Untold, { responseId })
    const asking = yield* start(requests.request((id) => ({ id, double: 1 })))
    yield* asked(server)
    yield* server.send("no JSON")
    const first = yield* Fiber.await(asking)
    assert.isTrue(Exit.hasDies(first))
    assert.deepStrictEqual(yield* Effect.exit(requests.request((id) => ({ id, double: 2 }))), first)
    yield* failsWith(requests.receive as Effect.Effect<unknown, { readonly _tag: string }>, { _tag: "DecodeFailed" })
    assert.lengthOf(logged, 1)
  }).pipe(Effect.provide(Logger.layer([Logger.make(({ cause }) => logged.push(Cause.squash(cause)))])))
})

describe("over the sessions of a client", () => {
  it.effect("what a session accepted fails when it is lost, and ids never come again", () =>
    Effect.gen(function* () {
      const statuses = yield* Queue.bounded<Status>(8)
      const { double, server } = yield* open({ statusChanges: Stream.fromQueue(statuses) })
      const openNow = (generation: number) =>
        Effect.andThen(Queue.offer(statuses, { _tag: "Open", generation, since: 0 }), settle)
      yield* openNow(1)
      const first = yield* start(Effect.flip(double(1)))
      assert.deepStrictEqual(yield* asked(server), [1, 1])
      yield* Queue.offer(statuses, { _tag: "Paused" })
      assert.strictEqual((yield* Fiber.join(first))._tag, "FateUnknown")
      const second = yield* start(double(2))
      yield* openNow(2)
      assert.deepStrictEqual(yield* asked(server), [2, 2])
      yield* answer(server, 2, 4)
      assert.strictEqual(yield* Fiber.join(second), 4)
    })
  )

  it.effect("a client: lost with its connection, waiting for the next one, and over when it has stopped", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made()
      const { statusChanges } = client
      const { double, requests } = yield* makeOver(client, { statusChanges })
      const first = yield* accept
      const lost = yield* start(Effect.flip(double(1)))
      const answered = yield* start(double(2))
      assert.deepStrictEqual(
        [yield* asked(first.server), yield* asked(first.server)],
        [
          [1, 1],
          [2, 2]
        ]
      )
      yield* answer(first.server, 2, 4)
      yield* settle
      first.wire.reset()
      const failure = yield* Fiber.join(lost)
      assert.strictEqual(failure._tag === "FateUnknown" && failure.cause?._tag, "ConnectionClosed")
      assert.strictEqual(yield* Fiber.join(answered), 4)

      const waiting = yield* start(double(3))
      yield* TestClock.adjust("1 second")
      const second = yield* accept
      assert.deepStrictEqual(yield* asked(second.server), [3, 3])
      yield* answer(second.server, 3, 6)
      assert.strictEqual(yield* Fiber.join(waiting), 6)

      const late = yield* start(Effect.flip(double(4)))
      yield* asked(second.server)
      second.wire.reset()
      yield* settle
      yield* client.close()
      assert.strictEqual((yield* Fiber.join(late))._tag, "FateUnknown")
      yield* failsWith(double(5), { _tag: "NotSent" })
      assert.deepStrictEqual(yield* Stream.runCollect(requests.messages), [])
    })
  )
})
