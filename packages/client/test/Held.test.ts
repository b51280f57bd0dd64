/** What a connection that is open holds on to: nothing of what it took to open it. */
import { setImmediate } from "node:timers/promises"
import { queryObjects } from "node:v8"
import { assert, it } from "@effect/vitest"
import { WebSocket } from "@effect-websocket/client"
import { Server, ServerPeer } from "@effect-websocket/client/testing"
import { Transport } from "@effect-websocket/transport"
import * as Effect from "effect/Effect"
import { Steps } from "../src/internal/Steps.ts"

it.live("an open connection holds nothing of how it was dialled", () =>
  Effect.gen(function* () {
    const { url } = yield* Server.serve(ServerPeer.echo)
    const socket = yield* WebSocket.connect(url)
    const dials = () => queryObjects(Steps, { format: "count" })
    for (let turn = 0; turn < 10 && dials() > 0; turn++) yield* Effect.promise(() => setImmediate())
    assert.strictEqual(dials(), 0)
    yield* socket.send("still open")
    assert.strictEqual(yield* socket.receive, "still open")
  }).pipe(Effect.provide(Transport.layer))
)
