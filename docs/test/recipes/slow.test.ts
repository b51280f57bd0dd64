import { assert, it } from "@effect/vitest"
import { WebSocket } from "@effect-websocket/client"
import { ServerPeer } from "@effect-websocket/client/testing"
import { wrapStream } from "@effect-websocket/transport"
import { MemoryTransport } from "@effect-websocket/transport/testing"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { faulty } from "./faulty.ts"

/** What the server says takes three seconds to arrive, each time. */
const slow = faulty((stream) => wrapStream(stream, { pull: Effect.delay(stream.pull, "3 seconds") }))

/** What is tested: a program that waits so long for a connection, and two seconds for an answer. */
const ask = (openTimeout: string) =>
  Effect.gen(function* () {
    const socket = yield* WebSocket.connect("ws://example.com/", { deadlines: { openTimeout } })
    yield* socket.send("well?")
    return yield* Effect.timeout(socket.receive, "2 seconds")
  }).pipe(Effect.scoped, Effect.flip)

it.effect("a server that is too slow to connect, and one that is too slow to answer", () =>
  Effect.gen(function* () {
    const network = yield* MemoryTransport.make()
    const serving = Effect.flatMap(Effect.flatMap(network.accept, ServerPeer.accept), ServerPeer.echo)
    yield* Effect.forkChild(Effect.forever(serving))
    const asking = Effect.all([ask("2 seconds"), ask("4 seconds")])
    const failing = yield* Effect.forkChild(Effect.provide(asking, Layer.provide(slow, network.layer)))
    yield* TestClock.adjust("10 seconds")
    const [hasty, patient] = yield* Fiber.join(failing)
    assert.strictEqual(hasty._tag === "ConnectError" && hasty.reason._tag, "TimedOut")
    assert.strictEqual(patient._tag, "TimeoutError")
  })
)
