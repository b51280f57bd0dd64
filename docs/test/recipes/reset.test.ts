import { assert, it } from "@effect/vitest"
import { Pair } from "@effect-websocket/client/testing"
import { Effect } from "effect"

it.effect("a connection that breaks says so to whoever waits", () =>
  Effect.gen(function* () {
    const { socket, wire } = yield* Pair.open()
    wire.reset("ETIMEDOUT")
    const closed = yield* Effect.flip(socket.receive)
    assert.strictEqual(closed._tag, "ConnectionClosed")
    assert.strictEqual(
      closed.message,
      "The connection was lost without a Close frame (1006): The connection broke (ETIMEDOUT): the peer or something on the way dropped it, so open a new one"
    )
  })
)
