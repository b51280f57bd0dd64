import { assert, it } from "@effect/vitest"
import { Pair } from "@effect-websocket/client/testing"
import { Effect, Fiber, Stream } from "effect"

it.effect("one message, written while it is sent", () =>
  Effect.gen(function* () {
    const { server, socket } = yield* Pair.open()
    const words = Stream.make("Fragments ", "need not ", "be known ", "in advance.")
    const sending = yield* Effect.forkChild(socket.sendFragments("text", words))
    assert.deepStrictEqual(yield* server.next, {
      _tag: "Message",
      message: "Fragments need not be known in advance."
    })
    yield* Fiber.join(sending)
  })
)
