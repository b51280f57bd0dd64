import { assert, it } from "@effect/vitest"
import { Pair } from "@effect-websocket/client/testing"
import { Effect, Fiber, Stream } from "effect"

it.effect("the server's pings, for those who watch", () =>
  Effect.gen(function* () {
    const { server, socket } = yield* Pair.open()
    const watching = yield* Effect.forkChild(Stream.runHead(socket.pings), { startImmediately: true })
    yield* server.ping(new TextEncoder().encode("are you there?"))
    const payload = yield* Effect.fromOption(yield* Fiber.join(watching))
    assert.strictEqual(new TextDecoder().decode(payload), "are you there?")
  })
)
