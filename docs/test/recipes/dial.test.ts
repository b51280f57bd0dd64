import { assert, it } from "@effect/vitest"
import { WebSocket } from "@effect-websocket/client"
import { ServerPeer } from "@effect-websocket/client/testing"
import { MemoryTransport } from "@effect-websocket/transport/testing"
import { Effect, Fiber, Stream } from "effect"

/** What is tested: a program that dials by itself. */
const feed = WebSocket.stream("wss://example.com/feed?from=42", { headers: { authorization: "Bearer 5e1f" } })

it.effect("it asks for the right thing and reads to the end", () =>
  Effect.gen(function* () {
    const network = yield* MemoryTransport.make()
    const reading = yield* Effect.forkChild(Effect.provide(Stream.runCollect(feed), network.layer))
    const server = yield* ServerPeer.accept(yield* network.accept)
    assert.strictEqual(server.request.resourceName, "/feed?from=42")
    assert.deepInclude(server.request.headers, ["authorization", "Bearer 5e1f"])
    yield* server.send("one")
    yield* server.send("two")
    yield* server.close(1000)
    yield* ServerPeer.echo(server)
    assert.deepStrictEqual(yield* Fiber.join(reading), ["one", "two"])
  })
)
