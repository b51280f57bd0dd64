import { assert, it } from "@effect/vitest"
import type { ConnectOptions } from "@effect-websocket/client"
import { Pair } from "@effect-websocket/client/testing"
import { Effect } from "effect"

const lean: ConnectOptions = {
  compression: {
    offers: [{ serverNoContextTakeover: true, clientNoContextTakeover: true, clientMaxWindowBits: 10 }, {}],
    memoryLevel: 4
  }
}

it.effect("a lean connection agrees on its own terms", () =>
  Effect.gen(function* () {
    const { server, socket } = yield* Pair.open({ client: lean, server: { compression: true } })
    assert.include(socket.extensions, "client_no_context_takeover")
    yield* socket.send("tick ".repeat(1000))
    yield* socket.send("already compressed ".repeat(1000), { compress: false })
    assert.deepStrictEqual(yield* server.next, { _tag: "Message", message: "tick ".repeat(1000) })
    assert.deepStrictEqual(yield* server.next, { _tag: "Message", message: "already compressed ".repeat(1000) })
  })
)
