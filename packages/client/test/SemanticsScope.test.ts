/** Design §6, "Scope owns": what leaving the scope does, how long it may take, and that nothing is left. */
import { assert, describe, it } from "@effect/vitest"
import { WebSocket } from "@effect-websocket/client"
import { ServerPeer } from "@effect-websocket/client/testing"
import { MemoryTransport } from "@effect-websocket/transport/testing"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { type Connected, connected, failsWith, isWaiting, settle, start } from "./harness.ts"

const mixed = Exit.failCause(Cause.combine(Cause.fail("x"), Cause.interrupt()))

const exits: ReadonlyArray<readonly [how: string, exit: Exit.Exit<unknown, unknown>, closeCode: number, wait: number]> =
  [
    ["success", Exit.void, 1000, 10_000],
    ["interruption", Exit.interrupt(), 1001, 1000],
    ["failure", Exit.fail("secret"), 1011, 1000],
    ["defect", Exit.die(new Error("secret")), 1011, 1000],
    ["failure beside an interruption", mixed, 1011, 1000]
  ]

describe("Scope owns", () => {
  for (const [how, exit, closeCode, wait] of exits) {
    it.effect(`${how}: ${closeCode} with an empty reason, and gone as soon as the peer has ended`, () =>
      Effect.gen(function* () {
        const { leave, server, socket, wire } = yield* connected()
        const leaving = yield* start(leave(exit))
        assert.deepStrictEqual(yield* server.next, { _tag: "Close", closeCode, closeReason: "" })
        assert.deepStrictEqual(yield* server.next, { _tag: "End" })
        assert.isTrue(yield* isWaiting(leaving))
        yield* server.end
        yield* Fiber.join(leaving)
        assert.isTrue(wire.isDestroyed())
        assert.deepInclude(yield* socket.closed, { closeCode, by: "us", clean: true })
      })
    )

    it.effect(`${how}: a peer that does not answer is waited for exactly ${wait} ms`, () =>
      Effect.gen(function* () {
        const { leave, socket, wire } = yield* connected({}, { mute: true })
        const leaving = yield* start(leave(exit))
        yield* TestClock.adjust(wait - 1)
        assert.isTrue(yield* isWaiting(leaving))
        assert.isFalse(wire.isDestroyed())
        yield* TestClock.adjust(1)
        yield* Fiber.join(leaving)
        assert.isTrue(wire.isDestroyed())
        assert.deepInclude(yield* socket.closed, {
          closeCode: 1006,
          by: "us",
          clean: false,
          sent: { closeCode, closeReason: "" }
        })
      })
    )

    it.effect(`${how}: the same bound when it answers and never ends the stream`, () =>
      Effect.gen(function* () {
        const { leave, server, wire } = yield* connected()
        const leaving = yield* start(leave(exit))
        yield* TestClock.adjust(wait - 1)
        yield* server.next
        assert.isTrue(yield* isWaiting(leaving))
        yield* TestClock.adjust(1)
        yield* Fiber.join(leaving)
        assert.isTrue(wire.isDestroyed())
      })
    )

    it.effect(`${how}: the same bound when it takes nothing, so that our Close cannot even leave`, () =>
      Effect.gen(function* () {
        const { leave, socket, wire } = yield* connected()
        wire.stall()
        yield* socket.send("x")
        const leaving = yield* start(leave(exit))
        yield* TestClock.adjust(wait - 1)
        assert.isTrue(yield* isWaiting(leaving))
        yield* TestClock.adjust(1)
        yield* Fiber.join(leaving)
      })
    )
  }

  it.effect("closeTimeout and interruptCloseTimeout as given", () =>
    Effect.gen(function* () {
      const deadlines = { closeTimeout: "3 seconds", interruptCloseTimeout: "20 millis" } as const
      for (const [exit, wait] of [
        [Exit.void, 3000],
        [Exit.interrupt(), 20],
        [Exit.fail("x"), 20]
      ] as const) {
        const { leave } = yield* connected({ deadlines }, { mute: true })
        const leaving = yield* start(leave(exit))
        yield* TestClock.adjust(wait - 1)
        assert.isTrue(yield* isWaiting(leaving))
        yield* TestClock.adjust(1)
        yield* Fiber.join(leaving)
      }
    })
  )

  it.effect("a shorter bound wins: interrupted 3 s into a close, it is over after 4 s", () =>
    Effect.gen(function* () {
      const { leave, server, socket } = yield* connected({}, { mute: true })
      const closing = yield* start(socket.close(4000))
      yield* TestClock.adjust("3 seconds")
      const leaving = yield* start(leave(Exit.interrupt()))
      yield* TestClock.adjust(999)
      assert.isTrue(yield* isWaiting(leaving))
      yield* TestClock.adjust(1)
      yield* Fiber.join(leaving)
      assert.strictEqual((yield* Fiber.join(closing)).sent?.closeCode, 4000)
      assert.deepInclude(yield* server.next, { closeCode: 4000 })
    })
  )

  it.effect("the earlier of two bounds holds: closeTimeout, though interruptCloseTimeout is longer", () =>
    Effect.gen(function* () {
      const deadlines = { closeTimeout: "3 seconds", interruptCloseTimeout: "1 minute" } as const
      const { leave, server } = yield* connected({ deadlines })
      const leaving = yield* start(leave(Exit.interrupt()))
      yield* server.next
      yield* TestClock.adjust(2999)
      assert.isTrue(yield* isWaiting(leaving))
      yield* TestClock.adjust(1)
      yield* Fiber.join(leaving)
    })
  )

  it.effect("however often a close is asked for, one deadline runs", () =>
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const sleeps: Array<number> = []
      const counting: Clock.Clock = Object.create(clock, {
        sleep: {
          value: (duration: Duration.Duration) => {
            sleeps.push(Duration.toMillis(duration))
            return clock.sleep(duration)
          }
        }
      })
      const { socket } = yield* Effect.provideService(connected({}, { mute: true }), Clock.Clock, counting)
      yield* TestClock.adjust("5 seconds")
      sleeps.splice(0)
      for (let i = 0; i < 10; i++) yield* Fiber.interrupt(yield* start(socket.close(4000)))
      // It would be woken for the deadline of the dial before that, which is over.
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(sleeps, [5000])
    })
  )

  const dead: Record<string, (all: Connected) => Effect.Effect<unknown>> = {
    "a reset": ({ wire }) => Effect.sync(() => wire.reset()),
    "an end of stream without a Close": ({ server }) => server.end,
    "a PongTimeout": () => TestClock.adjust("40 seconds"),
    "an abort": ({ socket }) => socket.abort
  }
  for (const [what, kill] of Object.entries(dead)) {
    it.effect(`a peer known dead is not waited for: ${what}`, () =>
      Effect.gen(function* () {
        const all = yield* connected({}, { mute: true })
        yield* kill(all)
        yield* settle
        yield* all.leave(Exit.void)
        assert.isTrue(all.wire.isDestroyed())
      })
    )
  }

  it.effect("nothing outlives the scope: who waits is told, and who comes later as well", () =>
    Effect.gen(function* () {
      const { leave, socket } = yield* connected({}, { mute: true })
      const waiting = yield* Effect.forEach(
        [socket.receive, socket.receiveN(2), Stream.runDrain(socket.messages), socket.ping()],
        (effect: Effect.Effect<unknown, unknown>) => start(Effect.exit(effect))
      )
      const closed = yield* start(socket.closed)
      const leaving = yield* start(leave(Exit.void))
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(leaving)
      for (const fiber of waiting) assert.isTrue(Exit.isFailure(yield* Fiber.join(fiber)))
      yield* Fiber.join(closed)
      for (const later of [
        socket.receive,
        socket.send("x"),
        socket.sendAll(["x"]),
        socket.ping(),
        socket.pong(),
        socket.flush
      ]) {
        yield* failsWith<unknown, object, never>(later, { _tag: "ConnectionClosed" })
      }
      assert.strictEqual((yield* socket.close()).by, "us")
      yield* socket.abort
    })
  )

  it.effect("a whole program: interrupting it closes with 1001 and waits for the goodbye", () =>
    Effect.gen(function* () {
      const network = yield* MemoryTransport.make()
      const listening = yield* Deferred.make<void>()
      const program = Effect.gen(function* () {
        const socket = yield* WebSocket.connect("ws://server.test/")
        yield* Deferred.succeed(listening, undefined)
        yield* Stream.runDrain(socket.messages)
      }).pipe(Effect.scoped, Effect.provide(network.layer))
      const running = yield* start(program)
      const wire = yield* network.accept
      const server = yield* ServerPeer.accept(wire)
      yield* Deferred.await(listening)
      const interrupting = yield* start(Fiber.interrupt(running))
      assert.deepInclude(yield* server.next, { _tag: "Close", closeCode: 1001 })
      assert.isTrue(yield* isWaiting(interrupting))
      yield* server.end
      yield* Fiber.join(interrupting)
      assert.isTrue(wire.isDestroyed())
    })
  )

  it.effect("leaving from inside a message, in the turn that brought it", () =>
    Effect.gen(function* () {
      const { leave, server, socket, wire } = yield* connected()
      const consumer = yield* start(Effect.andThen(socket.receive, leave(Exit.void)))
      yield* server.send("go")
      assert.deepInclude(yield* server.next, { _tag: "Close", closeCode: 1000 })
      yield* server.end
      yield* Fiber.join(consumer)
      assert.isTrue(wire.isDestroyed())
    })
  )

  it.effect("aborting and leaving from inside a message", () =>
    Effect.gen(function* () {
      const { leave, server, socket, wire } = yield* connected()
      const consumer = yield* start(socket.receive.pipe(Effect.andThen(socket.abort), Effect.andThen(leave(Exit.void))))
      yield* server.send("go")
      yield* Fiber.join(consumer)
      assert.isTrue(wire.isDestroyed())
    })
  )

  it.effect("a stream of messages owns its connection the same way", () =>
    Effect.gen(function* () {
      const network = yield* MemoryTransport.make()
      const taking = yield* start(
        WebSocket.stream("ws://server.test/").pipe(Stream.take(1), Stream.runCollect, Effect.provide(network.layer))
      )
      const server = yield* ServerPeer.accept(yield* network.accept)
      yield* server.send("one")
      assert.deepInclude(yield* server.next, { _tag: "Close", closeCode: 1000 })
      yield* server.end
      assert.deepStrictEqual(yield* Fiber.join(taking), ["one"])
    })
  )
})
