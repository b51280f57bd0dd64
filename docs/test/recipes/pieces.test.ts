import { assert, it } from "@effect/vitest"
import { Pair } from "@effect-websocket/client/testing"
import { Effect } from "effect"

it.effect("a frame may be cut anywhere", () =>
  Effect.gen(function* () {
    const { socket, wire } = yield* Pair.open()
    // FIN and text, 4 bytes, "Gr" and the two bytes of "ü": cut inside the header and inside the character.
    wire.send(Uint8Array.of(0x81, 0x04, 0x47, 0x72, 0xc3, 0xbc), [1, 5])
    assert.strictEqual(yield* socket.receive, "Grü")
  })
)
