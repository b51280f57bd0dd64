/** What a connection that is open, or has ended, holds on to: nothing of what it took to open it, or to talk. */
import { Socket } from "node:net"
import { setImmediate } from "node:timers/promises"
import { queryObjects } from "node:v8"
import { assert, it } from "@effect/vitest"
import { WebSocket } from "@effect-websocket/client"
import { Server, ServerPeer } from "@effect-websocket/client/testing"
import { MessageAssembler } from "@effect-websocket/core"
import { Transport } from "@effect-websocket/transport"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Inbox } from "../src/internal/Inbox.ts"
import { Session } from "../src/internal/Session.ts"
import { Steps } from "../src/internal/Steps.ts"

/** Whether it is so within some turns of the event loop. Each look at what there is collects all else. */
const turns = (most: number, look: () => boolean) =>
  Effect.promise(async () => {
    for (let turn = 0; turn < most; turn++) {
      if (look()) return true
      await setImmediate()
    }
    return false
  })

it.live("an open connection holds nothing of how it was dialled", () =>
  Effect.gen(function* () {
    const { url } = yield* Server.serve(ServerPeer.echo)
    const socket = yield* WebSocket.connect(url)
    const dials = () => queryObjects(Steps, { format: "count" })
    assert.isTrue(yield* turns(10, () => dials() === 0))
    yield* socket.send("still open")
    assert.strictEqual(yield* socket.receive, "still open")
  }).pipe(Effect.provide(Transport.layer))
)

it.live("what messages are assembled in is made for the first one, not for pings", () =>
  Effect.gen(function* () {
    const { url } = yield* Server.serve(ServerPeer.echo)
    const socket = yield* WebSocket.connect(url)
    const assemblers = () => queryObjects(MessageAssembler.MessageAssembler, { format: "count" })
    const before = assemblers()
    yield* socket.ping()
    assert.strictEqual(assemblers(), before)
    yield* socket.send("echo")
    assert.strictEqual(yield* socket.receive, "echo")
    // One at each end.
    assert.strictEqual(assemblers(), before + 2)
  }).pipe(Effect.provide(Transport.layer))
)

/** Gets much and half a message more, and is lost in the middle of it. */
const busy = Effect.gen(function* () {
  const { url } = yield* Server.serve((peer) =>
    Effect.gen(function* () {
      yield* peer.next
      for (let i = 0; i < 1000; i++) yield* peer.send(new Uint8Array(1000))
      yield* peer.write(new Uint8Array([0x02, 0x7f, 0, 0, 0, 0, 0, 0x0f, 0, 0]))
      yield* peer.write(new Uint8Array(0xc0000))
    })
  )
  const socket = yield* WebSocket.connect(url, { compression: false })
  yield* socket.send("go")
  yield* Effect.exit(Stream.runDrain(socket.messages))
  yield* socket.closed
  return socket
})

it.live("a connection that has ended holds neither its socket nor the memory that messages came in", () =>
  Effect.gen(function* () {
    // What is shared by all connections is there from now on.
    yield* Effect.scoped(busy)
    const sockets = () => queryObjects(Socket, { format: "count" })
    yield* turns(4, () => sockets() < 0)
    const before = { sockets: sockets(), bytes: process.memoryUsage().arrayBuffers }
    const socket = yield* Effect.scoped(busy)
    const isBack = () => sockets() <= before.sockets && process.memoryUsage().arrayBuffers - before.bytes < aRead
    assert.isTrue(yield* turns(10, isBack))
    assert.strictEqual((yield* socket.closed).closeCode, 1006)
  }).pipe(Effect.provide(Transport.layer))
)

it.live("the messages of a connection that was lost hold nothing else of it", () =>
  Effect.gen(function* () {
    const messages = yield* Effect.scoped(Effect.map(busy, (socket) => socket.messages))
    const sessions = () => queryObjects(Session, { format: "count" })
    assert.isTrue(yield* turns(10, () => sessions() === 0))
    const error = yield* Effect.flip(Stream.runDrain(messages))
    assert.strictEqual(error._tag === "ConnectionClosed" && error.closeCode, 1006)
  }).pipe(Effect.provide(Transport.layer))
)

it.live("the messages of a connection that was closed hold not even its inbox", () =>
  Effect.gen(function* () {
    const { url } = yield* Server.serve(ServerPeer.echo)
    const messages = yield* Effect.scoped(Effect.map(WebSocket.connect(url), (socket) => socket.messages))
    const inboxes = () => queryObjects(Inbox, { format: "count" })
    assert.isTrue(yield* turns(10, () => inboxes() === 0))
    yield* Stream.runDrain(messages)
  }).pipe(Effect.provide(Transport.layer))
)

it.live("nor do those that are first asked for after that", () =>
  Effect.gen(function* () {
    const { url } = yield* Server.serve(ServerPeer.echo)
    const messages = yield* Effect.map(Effect.scoped(WebSocket.connect(url)), (socket) => socket.messages)
    const inboxes = () => queryObjects(Inbox, { format: "count" })
    assert.isTrue(yield* turns(10, () => inboxes() === 0))
    yield* Stream.runDrain(messages)
  }).pipe(Effect.provide(Transport.layer))
)

/** What a socket that reads a lot reads into. */
const aRead = 0x20000
