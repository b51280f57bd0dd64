import { assert, describe, it } from "@effect/vitest"
import { Pair } from "@effect-websocket/client/testing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"

describe("messages go both ways", () => {
  it.effect("text and binary, in order", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* Pair.open()
      yield* socket.send("hello")
      yield* socket.send(Uint8Array.of(1, 2, 3))
      assert.deepStrictEqual(yield* server.next, { _tag: "Message", message: "hello" })
      assert.deepStrictEqual(yield* server.next, { _tag: "Message", message: Uint8Array.of(1, 2, 3) })
      yield* server.send("world")
      yield* server.send("again")
      assert.strictEqual(yield* socket.receive, "world")
      assert.strictEqual(yield* socket.receive, "again")
    })
  )

  it.effect("a consumer that waits is resumed by the read", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* Pair.open()
      const received = yield* Effect.forkChild(Stream.runCollect(Stream.take(socket.messages, 2)), {
        startImmediately: true
      })
      yield* server.send("a")
      yield* server.send("b")
      assert.deepStrictEqual(yield* Fiber.join(received), ["a", "b"])
    })
  )
})

describe("closing", () => {
  it.effect("from our side: the record says so", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* Pair.open()
      const closing = yield* Effect.forkChild(socket.close(4000, "done"), { startImmediately: true })
      assert.deepStrictEqual(yield* server.next, { _tag: "Close", closeCode: 4000, closeReason: "done" })
      assert.deepStrictEqual(yield* server.next, { _tag: "End" })
      yield* server.end
      const end = yield* Fiber.join(closing)
      assert.deepStrictEqual(end, {
        closeCode: 4000,
        closeReason: "",
        by: "us",
        clean: true,
        sent: { closeCode: 4000, closeReason: "done" },
        received: { closeCode: 4000, closeReason: "" },
        discarded: 0
      })
    })
  )

  it.effect("from the peer's side: messages before it arrive, then the stream ends", () =>
    Effect.gen(function* () {
      const { server, socket, wire } = yield* Pair.open()
      yield* server.send("last")
      yield* server.close(1000, "bye")
      assert.deepStrictEqual(yield* Stream.runCollect(socket.messages), ["last"])
      assert.deepStrictEqual(yield* server.next, { _tag: "Close", closeCode: 1000, closeReason: "" })
      yield* server.end
      assert.strictEqual((yield* socket.closed).by, "peer")
      yield* wire.destroyed
    })
  )
})

describe("what a caller without types may send", () => {
  const wrong: ReadonlyArray<unknown> = ["text", "", 0, 5, null, [1, 2], { length: 2 }, new Uint16Array(1)]

  it.effect("is InvalidMessage, nothing of it is sent, and the connection goes on", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* Pair.open()
      for (const payload of wrong) {
        const asked = [socket.ping(payload as never), socket.pong(payload as never)]
        if (typeof payload !== "string") asked.push(socket.send(payload as never) as never)
        for (const ask of asked) {
          assert.deepInclude(yield* Effect.flip(ask as typeof socket.flush), {
            _tag: "InvalidMessage",
            rule: "NotAMessage"
          } as never)
        }
      }
      yield* socket.send("still here")
      assert.deepStrictEqual(yield* server.next, { _tag: "Message", message: "still here" })
    })
  )
})
