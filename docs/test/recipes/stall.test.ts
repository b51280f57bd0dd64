import { assert, it } from "@effect/vitest"
import { Pair } from "@effect-websocket/client/testing"
import { Effect, Fiber } from "effect"

it.effect("a server that does not read holds the sender back", () =>
  Effect.gen(function* () {
    const { server, socket, wire } = yield* Pair.open()
    const parts = Array.from({ length: 100 }, () => new Uint8Array(10_000))
    wire.stall()
    const upload = yield* Effect.forkChild(socket.sendAll(parts), { startImmediately: true })
    assert.isUndefined(upload.pollUnsafe())
    assert.isBelow(yield* socket.bufferedBytes, 100_000)
    wire.resume()
    yield* Fiber.join(upload)
    for (const message of parts) assert.deepStrictEqual(yield* server.next, { _tag: "Message", message })
  })
)
