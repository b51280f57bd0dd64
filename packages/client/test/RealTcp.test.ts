/** The main job over real TCP: talk, close from either side, leave the scope in every way; nothing is left. */
import { assert, describe, it } from "@effect/vitest"
import { type Message, WebSocket } from "@effect-websocket/client"
import { Server, ServerPeer } from "@effect-websocket/client/testing"
import { Transport } from "@effect-websocket/transport"
import { Listener } from "@effect-websocket/transport/testing"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { leavesNothing } from "./left.ts"

const live = <E>(name: string, test: () => Effect.Effect<void, E, Scope.Scope | Transport>) =>
  it.live(name, () => leavesNothing(test()).pipe(Effect.provide(Transport.layer)))

/** A server that tells how each connection ended. */
const watchedServer = Effect.gen(function* () {
  const ended = yield* Deferred.make<ServerPeer.Event>()
  const { url } = yield* Server.serve((peer) =>
    Effect.gen(function* () {
      while (true) {
        const event = yield* peer.next
        if (event._tag === "Message") yield* peer.send(event.message)
        if (event._tag === "Close" || event._tag === "End") return yield* Deferred.succeed(ended, event)
      }
    }).pipe(Effect.asVoid)
  )
  return { url, ended: Deferred.await(ended) }
})

/** Both ends of a connection, its server's as bytes. */
const connected = Effect.gen(function* () {
  const listener = yield* Listener.make()
  const connecting = yield* Effect.forkChild(WebSocket.connect(`ws://127.0.0.1:${listener.port}`))
  const wire = yield* listener.accept
  yield* ServerPeer.accept(wire)
  return { socket: yield* Fiber.join(connecting), wire }
})

describe("talking", () => {
  live("text, unicode, binary, empty and 1 MiB messages come back as they were", () =>
    Effect.gen(function* () {
      const { url } = yield* Server.serve(ServerPeer.echo)
      const socket = yield* WebSocket.connect(url)
      const messages: ReadonlyArray<Message> = [
        "hello",
        "Grüße, 世界 🌍",
        "",
        new Uint8Array(0),
        Uint8Array.from({ length: 256 }, (_, i) => i),
        "é".repeat(0x80000),
        new Uint8Array(0x100000).fill(0x2a)
      ]
      yield* Effect.forkChild(Effect.forEach(messages, (message) => socket.send(message)))
      const echoes = yield* Stream.runCollect(Stream.take(socket.messages, messages.length))
      assert.isTrue(echoes.every((echo, i) => equal(echo, messages[i]!)))
    })
  )

  live("a ping is answered, and its round trip is measured", () =>
    Effect.gen(function* () {
      const { url } = yield* Server.serve(ServerPeer.echo)
      const socket = yield* WebSocket.connect(url)
      const roundTrip = yield* socket.ping()
      assert.isAbove(Duration.toMillis(roundTrip), 0)
      assert.deepStrictEqual(yield* socket.latency, roundTrip)
    })
  )

  live("facts about the connection", () =>
    Effect.gen(function* () {
      const { port, url } = yield* Server.serve(ServerPeer.echo, {
        subprotocol: "chat.v2",
        headers: [["X-Served-By", "a"]]
      })
      const socket = yield* WebSocket.connect(`${url}/room?token=secret`, { subprotocols: ["chat.v1", "chat.v2"] })
      assert.strictEqual(socket.subprotocol, "chat.v2")
      assert.strictEqual(socket.response.status, 101)
      assert.deepInclude(socket.response.headers, ["x-served-by", "a"])
      assert.strictEqual(socket.url, `ws://127.0.0.1:${port}/room`)
      assert.deepStrictEqual(socket.info.remote, { address: "127.0.0.1", port })
      assert.isUndefined(socket.info.tls)
    })
  )

  live("50 connections at once, each with its own messages", () =>
    Effect.gen(function* () {
      const { url } = yield* Server.serve(ServerPeer.echo)
      const talk = Effect.fnUntraced(function* (client: number) {
        const socket = yield* WebSocket.connect(url)
        const sent = Array.from({ length: 20 }, (_, i) => `${client}: ${i}`)
        yield* socket.sendAll(sent)
        const received = yield* Stream.runCollect(Stream.take(socket.messages, sent.length))
        assert.deepStrictEqual(received, sent)
      }, Effect.scoped)
      yield* Effect.forEach(Array.from({ length: 50 }).keys(), talk, { concurrency: "unbounded" })
    })
  )
})

describe("closing", () => {
  live("from our side: code and reason arrive, and the record is final", () =>
    Effect.gen(function* () {
      const { ended, url } = yield* watchedServer
      const socket = yield* WebSocket.connect(url)
      const record = yield* socket.close(4001, "enough")
      assert.deepStrictEqual(yield* ended, { _tag: "Close", closeCode: 4001, closeReason: "enough" })
      assert.deepInclude(record, { by: "us", clean: true, closeCode: 4001 })
      assert.deepStrictEqual(yield* socket.closed, record)
      assert.strictEqual((yield* Effect.flip(socket.send("late")))._tag, "ConnectionClosed")
    })
  )

  live("from the peer's side: messages before it arrive, and the stream fails with its code", () =>
    Effect.gen(function* () {
      const { url } = yield* Server.serve((peer) =>
        Effect.andThen(Effect.andThen(peer.send("last"), peer.close(4002, "bye")), ServerPeer.echo(peer))
      )
      const socket = yield* WebSocket.connect(url)
      assert.strictEqual(yield* socket.receive, "last")
      const error = yield* Effect.flip(Stream.runDrain(socket.messages))
      assert.deepInclude(error, { _tag: "ConnectionClosed", closeCode: 4002, closeReason: "bye", by: "peer" })
      assert.deepInclude(yield* socket.closed, { by: "peer", clean: true })
    })
  )

  live("a stream of messages ends with the peer's 1000", () =>
    Effect.gen(function* () {
      const { url } = yield* Server.serve((peer) =>
        Effect.andThen(Effect.andThen(peer.send("only"), peer.close(1000)), ServerPeer.echo(peer))
      )
      assert.deepStrictEqual(yield* Stream.runCollect(WebSocket.stream(url)), ["only"])
    })
  )

  live("the peer's end of stream without a Close is a loss", () =>
    Effect.gen(function* () {
      const { url } = yield* Server.serve((peer) => peer.end)
      const socket = yield* WebSocket.connect(url)
      const error = yield* Effect.flip(socket.receive)
      assert.deepInclude(error, { _tag: "ConnectionClosed", closeCode: 1006, by: "network" })
    })
  )

  live("a reset is a loss, and says why", () =>
    Effect.gen(function* () {
      const { socket, wire } = yield* connected
      wire.reset()
      const error = yield* Effect.flip(socket.receive)
      assert.deepInclude(error, { _tag: "ConnectionClosed", closeCode: 1006, by: "network" })
      assert.include((error as { readonly message: string }).message, "ECONNRESET")
    })
  )

  live("a flush fails when the kernel refused the write, since a reset has come that was not read yet", () =>
    Effect.gen(function* () {
      const { socket, wire } = yield* connected
      wire.reset()
      yield* socket.send("lost")
      assert.deepInclude(yield* Effect.flip(socket.flush), { _tag: "ConnectionClosed", by: "network" })
    })
  )
})

describe("leaving the scope", () => {
  live("after success: 1000", () =>
    Effect.gen(function* () {
      const { ended, url } = yield* watchedServer
      yield* Effect.scoped(WebSocket.connect(url))
      assert.deepStrictEqual(yield* ended, { _tag: "Close", closeCode: 1000, closeReason: "" })
    })
  )

  live("after a failure: 1011, with no reason that could tell a secret", () =>
    Effect.gen(function* () {
      const { ended, url } = yield* watchedServer
      const program = Effect.scoped(Effect.andThen(WebSocket.connect(url), Effect.fail("a secret")))
      assert.strictEqual(yield* Effect.flip(program), "a secret")
      assert.deepStrictEqual(yield* ended, { _tag: "Close", closeCode: 1011, closeReason: "" })
    })
  )

  live("by interruption: 1001", () =>
    Effect.gen(function* () {
      const { ended, url } = yield* watchedServer
      const connected = yield* Deferred.make<void>()
      const program = WebSocket.connect(url).pipe(
        Effect.flatMap((socket) => Effect.andThen(Deferred.succeed(connected, undefined), socket.receive)),
        Effect.scoped
      )
      const running = yield* Effect.forkChild(program)
      yield* Deferred.await(connected)
      yield* Fiber.interrupt(running)
      assert.deepStrictEqual(yield* ended, { _tag: "Close", closeCode: 1001, closeReason: "" })
    })
  )

  live("interrupted while it connects: the server sees the end, and nothing else", () =>
    Effect.gen(function* () {
      const listener = yield* Listener.make()
      const connecting = yield* Effect.forkChild(Effect.scoped(WebSocket.connect(`ws://127.0.0.1:${listener.port}`)))
      const wire = yield* listener.accept
      yield* wire.take
      yield* Fiber.interrupt(connecting)
      yield* wire.leave
    })
  )

  live("a server that never answers our Close: the scope is left after interruptCloseTimeout", () =>
    Effect.gen(function* () {
      const { url } = yield* Server.serve(() => Effect.never, { mute: true })
      const options = { deadlines: { interruptCloseTimeout: "100 millis" } } as const
      const connected = yield* Deferred.make<void>()
      const program = Effect.andThen(WebSocket.connect(url, options), Deferred.succeed(connected, undefined))
      const running = yield* Effect.forkChild(Effect.scoped(Effect.andThen(program, Effect.never)))
      yield* Deferred.await(connected)
      yield* Fiber.interrupt(running)
    })
  )
})

const equal = (a: Message, b: Message): boolean =>
  typeof a === "string" || typeof b === "string" ? a === b : Buffer.compare(a, b) === 0
