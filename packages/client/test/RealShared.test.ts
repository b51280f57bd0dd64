/**
 * Many quiet sockets read into the same memory, and their connections write to the same: what one of them still holds is never
 * another one's.
 */
import { assert, it } from "@effect/vitest"
import { type Message, WebSocket } from "@effect-websocket/client"
import { Transport } from "@effect-websocket/transport"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Stream from "effect/Stream"
import type { WebSocket as Ws } from "ws"
import { Random, seed } from "../../core/test/random.ts"
import { certificate, serve } from "./wsServer.ts"

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

for (const secure of [false, true]) {
  const over = secure ? "TLS" : "TCP"
  it.live(`ten connections over ${over} write while the kernel has taken no more from ten others (SEED=${seed})`, () =>
    Effect.gen(function* () {
      const received = new Map<number, Array<Message>>()
      const paused: Array<Ws> = []
      const full = yield* Latch.make()
      let stillFilling = 10
      const url = yield* serve(
        (peer) => {
          let messages: Array<Message> | undefined
          peer.on("message", (data: Buffer, isBinary) => {
            messages?.push(isBinary ? new Uint8Array(data) : data.toString())
            if (messages !== undefined) return
            messages = []
            received.set(Number(data), messages)
            if (Number(data) >= 10) return
            peer.pause()
            paused.push(peer)
          })
        },
        { secure, perMessageDeflate: false }
      )
      const open = Effect.fnUntraced(function* (which: number) {
        const socket = yield* WebSocket.connect(url, { compression: false, tls: { ca: certificate.cert } })
        yield* Effect.andThen(socket.send(String(which)), socket.flush)
        return socket
      })
      /** Short messages, each written by itself, until some of them wait; how many there were. */
      const fill = Effect.fnUntraced(function* (which: number) {
        const socket = yield* open(which)
        let count = 0
        while ((yield* socket.bufferedBytes) < 8192) {
          count += 1
          yield* socket.send(short(which, count))
          yield* Effect.yieldNow
        }
        stillFilling -= 1
        if (stillFilling === 0) yield* full.open
        yield* full.await
        return count
      }, Effect.scoped)
      const write = Effect.fnUntraced(function* (which: number) {
        yield* full.await
        const socket = yield* open(which)
        for (const message of series(which)) {
          yield* socket.send(message)
          yield* Effect.yieldNow
        }
      }, Effect.scoped)

      const writers = Array.from({ length: 10 }, (_, index) => 10 + index)
      const writing = Effect.forEach(writers, write, { concurrency: "unbounded", discard: true }).pipe(
        Effect.andThen(
          Effect.sync(() => {
            for (const peer of paused) peer.resume()
          })
        )
      )
      const filling = Effect.forEach(
        Array.from({ length: 10 }, (_, which) => which),
        fill,
        { concurrency: "unbounded" }
      )
      const [counts] = yield* Effect.all([filling, writing], { concurrency: "unbounded" }).pipe(
        Effect.provide(Transport.layer)
      )
      for (const [which, count] of counts.entries()) {
        assert.deepStrictEqual(
          received.get(which),
          Array.from({ length: count }, (_, i) => short(which, i + 1))
        )
      }
      for (const which of writers) assert.deepStrictEqual(received.get(which), series(which))
    })
  )
}

const short = (which: number, count: number): string =>
  `${which}: ${count} `.padEnd(900, String.fromCharCode(97 + which))

/** Short ones mostly, some longer than a small read, and some that make a socket read a lot. */
const series = (which: number): Array<Message> => {
  const random = new Random(seed + which)
  return Array.from({ length: 300 }, (_, i) => {
    const length = random.int(random.pick([20, 100, 300, 1500, 20_000]))
    const letter = 97 + ((which + i) % 26)
    return random.chance(2) ? String.fromCharCode(letter).repeat(length) : new Uint8Array(length).fill(letter)
  })
}
