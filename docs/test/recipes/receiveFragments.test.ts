import { assert, it } from "@effect/vitest"
import type { Connection, Fragment } from "@effect-websocket/client"
import { Pair } from "@effect-websocket/client/testing"
import { Effect, Stream } from "effect"

/** One message of any size, in the memory of a piece. */
const sizeOfNext = (socket: Connection<Fragment>) =>
  socket.messages.pipe(
    Stream.takeUntil(({ last }) => last),
    Stream.runFold(
      () => 0,
      (size, { data }) => size + data.length
    )
  )

it.effect("a message larger than messages may be", () =>
  Effect.gen(function* () {
    const { server, socket } = yield* Pair.open({
      client: { delivery: "fragments", limits: { maxMessageBytes: "unlimited" } }
    })
    yield* server.send(new Uint8Array(5_000_000))
    assert.strictEqual(yield* sizeOfNext(socket), 5_000_000)
  })
)
