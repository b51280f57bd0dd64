import { assert, it } from "@effect/vitest"
import { Pair } from "@effect-websocket/client/testing"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"

it.effect("a peer that answers no ping is given up after 40 seconds", () =>
  Effect.gen(function* () {
    const { socket } = yield* Pair.open({ server: { mute: true } })
    const receiving = yield* Effect.forkChild(Effect.flip(socket.receive), { startImmediately: true })
    yield* TestClock.adjust("39 seconds")
    assert.isUndefined(receiving.pollUnsafe())
    yield* TestClock.adjust("1 second")
    assert.strictEqual((yield* Fiber.join(receiving))._tag, "PongTimeout")
  })
)
