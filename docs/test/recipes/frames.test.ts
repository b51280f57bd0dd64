import { assert, it } from "@effect/vitest"
import { Pair } from "@effect-websocket/client/testing"
import { Effect, Fiber, Stream } from "effect"

it.effect("everything that the server sends", () =>
  Effect.gen(function* () {
    const { server, socket } = yield* Pair.open({ client: { delivery: "frames" } })
    const watching = yield* Effect.forkChild(Stream.runCollect(socket.messages))
    yield* server.send("hello")
    yield* server.ping()
    yield* server.close(1000, "bye")
    yield* server.end
    const frames = yield* Fiber.join(watching)
    assert.deepStrictEqual(
      frames.map(({ opcode, payload }) => `${opcode}, ${payload.length} bytes`),
      ["text, 5 bytes", "ping, 0 bytes", "close, 5 bytes"]
    )
  })
)
