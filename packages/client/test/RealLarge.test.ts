/** What only real sockets show: messages larger than every buffer on the way, and a Close that no reset overtakes. */
import { assert, describe, it } from "@effect/vitest"
import { type Connection, WebSocket } from "@effect-websocket/client"
import { Server, ServerPeer } from "@effect-websocket/client/testing"
import { Transport } from "@effect-websocket/transport"
import { Listener } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { leavesNothing } from "./left.ts"

describe("a large message", () => {
  const limits = { maxMessageBytes: "unlimited" } as const

  it.live("of 64 MiB goes there and back over TCP", () =>
    leavesNothing(
      Effect.gen(function* () {
        const { url } = yield* Server.serve(ServerPeer.echo)
        const socket = yield* WebSocket.connect(url, { limits })
        const message = pattern(64 * 0x100000)
        yield* socket.send(message)
        assert.isTrue(equal(yield* socket.receive, message))
        assert.isTrue((yield* socket.close()).clean)
      })
    ).pipe(Effect.provide(Transport.layer))
  )

  it.live("of text, too: 8 MiB", () =>
    leavesNothing(
      Effect.gen(function* () {
        const { url } = yield* Server.serve(ServerPeer.echo)
        const socket = yield* WebSocket.connect(url, { limits })
        const message = "é, 世界 🌍 ".repeat(0x80000)
        yield* socket.send(message)
        assert.isTrue((yield* socket.receive) === message)
      })
    ).pipe(Effect.provide(Transport.layer))
  )
})

/**
 * Both sides have sent more than the other reads. Our Close stands in our kernel behind 512 KiB that the server does
 * not take, and the server's bytes lie unread beside it: a socket that is destroyed now answers them with a reset, and
 * what was to be sent is gone, the Close included.
 */
describe("the Close arrives: 100 of 100, at a slow reader, with unread input on our side", () => {
  const run = Effect.fnUntraced(function* (
    first: Uint8Array,
    end: (socket: Connection) => Effect.Effect<unknown, unknown>
  ) {
    const arrived: Array<number | undefined> = []
    const listener = yield* Listener.make()
    const once = Effect.gen(function* () {
      const connecting = yield* Effect.forkChild(WebSocket.connect(`ws://127.0.0.1:${listener.port}`, options))
      const wire = yield* listener.accept
      const peer = yield* ServerPeer.accept(wire)
      const socket = yield* Fiber.join(connecting)
      yield* socket.send(new Uint8Array(0x80000))
      yield* turnsOfTheEventLoop(2)
      yield* peer.write(first)
      yield* Effect.repeat(peer.send(new Uint8Array(0x8000)), { times: 31 })
      const ending = yield* Effect.forkChild(end(socket), { startImmediately: true })
      yield* turnsOfTheEventLoop(20)
      while (true) {
        const event = yield* peer.next
        if (event._tag === "Close") arrived.push(event.closeCode)
        if (event._tag === "End") break
      }
      wire.end()
      yield* Fiber.join(ending)
    })
    yield* Effect.repeat(Effect.scoped(once), { times: 99 })
    return arrived
  })

  it.live(
    "of the program",
    () =>
      Effect.gen(function* () {
        const close = Effect.fnUntraced(function* (socket: Connection) {
          assert.deepInclude(yield* socket.close(4000), { by: "us", clean: true })
        })
        assert.deepStrictEqual(yield* leavesNothing(run(empty, close)), new Array<number>(100).fill(4000))
      }).pipe(Effect.provide(Transport.layer)),
    30_000
  )

  it.live(
    "of a violation, behind which nothing more is read",
    () =>
      Effect.gen(function* () {
        const reservedOpcode = Uint8Array.of(0x83, 0x00)
        const fail = Effect.fnUntraced(function* (socket: Connection) {
          assert.deepInclude(yield* Effect.flip(socket.receive), { _tag: "ProtocolViolation", rule: "ReservedOpcode" })
        })
        assert.deepStrictEqual(yield* leavesNothing(run(reservedOpcode, fail)), new Array<number>(100).fill(1002))
      }).pipe(Effect.provide(Transport.layer)),
    30_000
  )
})

/** Full after two of the server's messages, so that reading stops while most of them are still to be read. */
const options = { limits: { inboxBytes: 0x10000 } } as const

const empty = new Uint8Array(0)

const turnsOfTheEventLoop = (turns: number) =>
  Effect.forEach(
    Array.from({ length: turns }),
    () =>
      Effect.callback<void>((resume) => {
        setImmediate(() => resume(Effect.void))
      }),
    { discard: true }
  )

/** Bytes that are different everywhere, so that a lost, doubled or moved one shows. */
const pattern = (length: number): Uint8Array => {
  const words = new Uint32Array(length / 4)
  let state = 1
  for (let i = 0; i < words.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    words[i] = state
  }
  return new Uint8Array(words.buffer)
}

const equal = (a: string | Uint8Array, b: Uint8Array) => typeof a !== "string" && Buffer.compare(a, b) === 0
