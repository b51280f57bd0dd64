/** Many quiet sockets read into the same memory: what one of them still holds is never another one's. */
import { assert, it } from "@effect/vitest"
import { type Message, WebSocket } from "@effect-websocket/client"
import { Transport } from "@effect-websocket/transport"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Random, seed } from "../../core/test/random.ts"
import { serve } from "./wsServer.ts"

it.live(`twenty connections that are read at different paces, each with messages of its own (SEED=${seed})`, () =>
  Effect.gen(function* () {
    const url = yield* serve((peer) => {
      peer.once("message", (which) => {
        const all = series(Number(which))
        const some = () => {
          for (const message of all.splice(0, 3)) peer.send(message)
          if (all.length > 0) setImmediate(some)
          else peer.close(1000)
        }
        some()
      })
    })
    yield* Effect.forEach(
      Array.from({ length: 20 }, (_, which) => which),
      (which) =>
        Effect.gen(function* () {
          const socket = yield* WebSocket.connect(url, { limits: { inboxMessages: which % 2 === 0 ? 1 : 1024 } })
          yield* socket.send(String(which))
          const kept: Array<Message> = []
          yield* Stream.runForEach(socket.messages, (message) => {
            kept.push(message)
            return which % 3 === 0 ? Effect.yieldNow : Effect.void
          })
          const sent = series(which)
          assert.strictEqual(kept.length, sent.length)
          for (const [i, message] of kept.entries()) assert.deepStrictEqual(message, sent[i])
        }).pipe(Effect.scoped),
      { concurrency: "unbounded", discard: true }
    ).pipe(Effect.provide(Transport.layer))
  })
)

/** Short ones mostly, some longer than a small read, and some that make a socket read a lot. */
const series = (which: number): Array<Message> => {
  const random = new Random(seed + which)
  return Array.from({ length: 300 }, (_, i) => {
    const length = random.int(random.pick([20, 100, 300, 1500, 20_000]))
    const letter = 97 + ((which + i) % 26)
    return random.chance(2) ? String.fromCharCode(letter).repeat(length) : new Uint8Array(length).fill(letter)
  })
}
