import { assert, it } from "@effect/vitest"
import { Client } from "@effect-websocket/client"
import { Server, ServerPeer } from "@effect-websocket/client/testing"
import { Transport } from "@effect-websocket/transport"
import { Effect, Exit, Scope, Stream } from "effect"

/** A real server in a scope of its own, so that the test stops it when it wants. */
const start = Effect.gen(function* () {
  const scope = yield* Scope.make()
  const { url } = yield* Scope.provide(Server.serve(ServerPeer.echo), scope)
  return { url, stop: Scope.close(scope, Exit.void) }
})

it.live("a server that restarts, on another port", () =>
  Effect.gen(function* () {
    let server = yield* start
    const client = yield* Client.make({ url: Effect.sync(() => server.url), reconnect: { first: "10 millis" } })
    yield* client.send("one")
    assert.strictEqual(yield* client.receive, "one")

    yield* server.stop
    server = yield* start
    const isBack = Stream.filter(client.statusChanges, (status) => status._tag === "Open" && status.generation > 1)
    yield* Stream.runHead(isBack)
    yield* client.send("two")
    assert.strictEqual(yield* client.receive, "two")

    yield* client.close()
    yield* server.stop
  }).pipe(Effect.provide(Transport.layer))
)
