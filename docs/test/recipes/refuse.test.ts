import { assert, it } from "@effect/vitest"
import { WebSocket } from "@effect-websocket/client"
import { ServerPeer } from "@effect-websocket/client/testing"
import { Refused } from "@effect-websocket/transport"
import { MemoryTransport } from "@effect-websocket/transport/testing"
import { Effect, Fiber } from "effect"

const connect = Effect.scoped(WebSocket.connect("ws://example.com/"))

it.effect("no server, then one that is not ready", () =>
  Effect.gen(function* () {
    const network = yield* MemoryTransport.make()
    const tries = Effect.all([Effect.flip(connect), Effect.flip(connect)])
    const trying = yield* Effect.forkChild(Effect.provide(tries, network.layer))
    yield* network.refuse(new Refused({ address: "203.0.113.1:80" }))
    yield* ServerPeer.answer(yield* network.accept, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
    const [first, second] = yield* Fiber.join(trying)
    assert.strictEqual(first.reason._tag, "Refused")
    assert.strictEqual(second.reason._tag === "HandshakeRejected" && second.reason.status, 503)
  })
)
