import { Transport } from "@effect-websocket/transport"
import { MemoryTransport } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import type { Kind } from "./Pair.ts"

export const memory: Kind = {
  name: "memory",
  open: Effect.fnUntraced(function* (scope) {
    const network = yield* MemoryTransport.make()
    const opening = yield* Transport.use((transport) =>
      transport.open({ host: "example.test", port: 80, report: () => {} })
    ).pipe(Effect.provide(network.layer), Scope.provide(scope), Effect.forkChild)
    const peer = yield* network.accept
    const stream = yield* Fiber.join(opening)
    const received = (length: number): Effect.Effect<Uint8Array> =>
      peer.written().length >= length
        ? Effect.sync(peer.written)
        : Effect.flatMap(Effect.orDie(Effect.mapError(peer.take, () => new Error("the client wrote less"))), () =>
            received(length)
          )
    return {
      stream,
      other: {
        send: (bytes) => Effect.sync(() => peer.send(bytes)),
        end: Effect.sync(() => peer.end()),
        reset: Effect.sync(() => peer.reset()),
        stall: Effect.sync(() => peer.stall()),
        admit: (bytes) => Effect.sync(() => peer.admit(bytes)),
        resume: Effect.sync(() => peer.resume()),
        received: (length) => Effect.suspend(() => received(length)),
        ended: peer.ended,
        closed: peer.destroyed
      }
    }
  })
}
