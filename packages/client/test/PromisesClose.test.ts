/**
 * What users of websocket-client asked for about closing over the years, one promise a test. Each is shown at its
 * shortest; `Semantics*.test.ts` and ClientControl.test.ts have the corners.
 */
import { assert, describe, it } from "@effect/vitest"
import { Opcode } from "@effect-websocket/core"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { connected, failsWith, frame, isWaiting, settle, start, text } from "./harness.ts"
import { made, waitOut } from "./longLived.ts"

describe("closing", () => {
  it.effect("close completes within its timeout, from any fiber, and ends the stream", () =>
    Effect.gen(function* () {
      const { socket } = yield* connected({ keepAlive: false }, { mute: true })
      const reading = yield* start(Stream.runDrain(socket.messages))
      const closing = yield* start(socket.close())
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(closing)
      yield* failsWith(Fiber.join(reading), { _tag: "ConnectionClosed", closeCode: 1006 })
    })
  )

  it.effect("there is exactly one end per connection, whichever way it ends", () =>
    Effect.gen(function* () {
      const ends = {
        close: (all: Effect.Success<ReturnType<typeof connected>>) => Effect.asVoid(start(all.socket.close())),
        abort: ({ socket }: Effect.Success<ReturnType<typeof connected>>) => socket.abort,
        reset: ({ wire }: Effect.Success<ReturnType<typeof connected>>) => Effect.sync(() => wire.reset()),
        "the peer's Close": ({ server }: Effect.Success<ReturnType<typeof connected>>) => server.close(1001)
      }
      for (const [name, end] of Object.entries(ends)) {
        const all = yield* connected()
        let count = 0
        yield* start(Effect.tap(all.socket.closed, () => Effect.sync(() => count++)))
        yield* end(all)
        yield* start(all.server.next)
        yield* settle
        all.wire.end()
        all.wire.reset()
        yield* all.socket.abort
        yield* settle
        assert.strictEqual(count, 1, name)
      }
    })
  )

  it.effect("code, reason and cleanness are always there", () =>
    Effect.gen(function* () {
      const peer = yield* connected()
      yield* peer.server.close(4000, "see you")
      peer.wire.end()
      assert.deepInclude(yield* peer.socket.closed, {
        closeCode: 4000,
        closeReason: "see you",
        clean: true,
        by: "peer"
      })
      const empty = yield* connected()
      yield* empty.server.close()
      empty.wire.end()
      assert.deepInclude(yield* empty.socket.closed, { closeCode: 1005, closeReason: "", clean: true, by: "peer" })
      const lost = yield* connected()
      lost.wire.reset()
      assert.deepInclude(yield* lost.socket.closed, { closeCode: 1006, closeReason: "", clean: false, by: "network" })
    })
  )

  it.effect("a normal close is a value, never an error", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* connected()
      yield* server.close(1000)
      wire.end()
      assert.deepStrictEqual(yield* Stream.runCollect(socket.messages), [])
      assert.deepInclude(yield* socket.closed, { closeCode: 1000, clean: true })
      assert.deepInclude(yield* socket.close(), { closeCode: 1000, clean: true })
    })
  )

  it.effect("close waits for a real Close, and delivers the data before it", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* connected({}, { mute: true })
      const closing = yield* start(socket.close())
      // What websocket-client took for a close code: two bytes of a text.
      yield* server.send("[{")
      assert.isTrue(yield* isWaiting(closing))
      yield* server.write(frame(Opcode.close, Uint8Array.of(0x03, 0xe8)))
      wire.end()
      assert.deepInclude(yield* Fiber.join(closing), { closeCode: 1000, clean: true, discarded: 0 })
      assert.deepStrictEqual(yield* Stream.runCollect(socket.messages), ["[{"])
    })
  )

  it.effect("nothing that is expected is logged: a code of one's own is no error", () => {
    const logged: Array<unknown> = []
    return Effect.gen(function* () {
      const { accept, client } = yield* made()
      const { server, wire } = yield* accept
      yield* server.close(4000, "your own code")
      wire.end()
      yield* settle
      yield* waitOut(client)
      const again = yield* accept
      again.wire.reset()
      yield* settle
      yield* client.close()
      assert.deepStrictEqual(logged, [])
    }).pipe(Effect.provide(Logger.layer([Logger.make(({ message }) => logged.push(message))])))
  })

  it.effect("the end of the stream is distinct from an empty message", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* connected()
      yield* server.send("")
      yield* server.close(1000)
      wire.end()
      assert.strictEqual(yield* socket.receive, "")
      yield* failsWith(socket.receive, { _tag: "ConnectionClosed" })
    })
  )

  it.effect("who closed is told apart: the peer, us, the network, and never opened", () =>
    Effect.gen(function* () {
      const peer = yield* connected()
      yield* peer.server.close(1001)
      peer.wire.end()
      yield* failsWith(peer.socket.receive, { _tag: "ConnectionClosed", by: "peer" })
      const us = yield* connected()
      yield* us.socket.abort
      yield* failsWith(us.socket.receive, { _tag: "ConnectionClosed", by: "us" })
      const network = yield* connected()
      network.wire.end()
      yield* failsWith(network.socket.receive, { _tag: "ConnectionClosed", by: "network" })
      const { client, refuse } = yield* made()
      yield* refuse
      const status = yield* client.status
      assert.strictEqual(status._tag === "Waiting" && status.cause._tag, "ConnectError")
    })
  )

  it.effect("an error about a closed connection carries what ended it", () =>
    Effect.gen(function* () {
      const { socket, wire } = yield* connected()
      wire.send(Uint8Array.of(0xff))
      yield* failsWith(socket.receive, { _tag: "ProtocolViolation" })
      const closed = yield* Effect.flip(socket.send("late"))
      assert.strictEqual(closed._tag === "ConnectionClosed" && closed.cause?._tag, "ProtocolViolation")
      assert.match(closed.message, /The peer broke/)
    })
  )

  it.effect("a receive that waits ends when another fiber closes", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* connected()
      const receiving = yield* start(socket.receive)
      const closing = yield* start(socket.close())
      yield* server.next
      wire.end()
      yield* Fiber.join(closing)
      yield* failsWith(Fiber.join(receiving), { _tag: "ConnectionClosed", by: "us", closeCode: 1000 })
    })
  )

  it.effect("an interruption is an interruption, neither success nor failure", () =>
    Effect.gen(function* () {
      const { accept, client } = yield* made()
      const { server } = yield* accept
      const fibers: Array<Fiber.Fiber<unknown, unknown>> = [
        yield* start(client.receive),
        yield* start(Stream.runDrain(client.messages))
      ]
      for (const fiber of fibers) {
        yield* Fiber.interrupt(fiber)
        const exit = yield* Fiber.await(fiber)
        assert.isTrue(Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause))
      }
      yield* server.write(text("still open"))
      assert.strictEqual(yield* client.receive, "still open")
    })
  )
})
