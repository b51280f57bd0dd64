import { assert, it } from "@effect/vitest"
import { layerPredictable, Pair } from "@effect-websocket/client/testing"
import { Effect } from "effect"

it.effect("the bytes on the wire, literally", () =>
  Effect.gen(function* () {
    const { socket, wire } = yield* Pair.open()
    const before = wire.written().length
    yield* socket.send("Hi")
    yield* socket.flush
    // FIN and text, MASK and 2 bytes, the masking key, "Hi".
    assert.deepStrictEqual(wire.written().slice(before), Uint8Array.of(0x81, 0x82, 0, 0, 0, 0, 0x48, 0x69))
  }).pipe(Effect.provide(layerPredictable()))
)
