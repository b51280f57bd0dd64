import { assert, it } from "@effect/vitest"
import { WebSocket } from "@effect-websocket/client"
import { ServerPeer } from "@effect-websocket/client/testing"
import { Reset, TransportError, wrapStream } from "@effect-websocket/transport"
import { MemoryTransport } from "@effect-websocket/transport/testing"
import { Effect, Fiber, Layer, Stream } from "effect"
import { faulty } from "./faulty.ts"

/** Every connection breaks with the read that passes so many bytes, those of the handshake included. */
const dropAfter = (bytes: number) =>
  faulty((stream) => {
    let read = 0
    const pull = Effect.flatMap(stream.pull, (chunks) => {
      for (const { length } of chunks) read += length
      if (read <= bytes) return Effect.succeed(chunks)
      return Effect.fail(new TransportError({ reason: new Reset({ code: "ECONNRESET" }) }))
    })
    return wrapStream(stream, { pull })
  })

it.effect("what came before the connection broke is kept", () =>
  Effect.gen(function* () {
    const network = yield* MemoryTransport.make()
    const heard: Array<number> = []
    const listening = WebSocket.stream("ws://example.com/").pipe(
      Stream.runForEach(({ length }) => Effect.sync(() => heard.push(length))),
      Effect.provide(Layer.provide(dropAfter(4000), network.layer))
    )
    const failing = yield* Effect.forkChild(Effect.flip(listening))
    const server = yield* ServerPeer.accept(yield* network.accept)
    for (let n = 0; n < 5; n++) yield* server.send(new Uint8Array(1000))
    assert.deepInclude(yield* Fiber.join(failing), { _tag: "ConnectionClosed", closeCode: 1006 })
    assert.deepStrictEqual(heard, [1000, 1000, 1000])
  })
)
