/** WebSockets that are made synchronously, over the network in memory. */
import { queryObjects } from "node:v8"
import { assert, describe, it } from "@effect/vitest"
import { type ConnectOptions, InvalidOptions } from "@effect-websocket/client"
import * as Adapter from "@effect-websocket/client/Socket"
import { ServerPeer } from "@effect-websocket/client/testing"
import { Refused } from "@effect-websocket/transport"
import { MemoryTransport } from "@effect-websocket/transport/testing"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import { settle, violation } from "./harness.ts"

interface Pausable {
  pause(): void
  resume(): void
  readonly bufferedAmount: number
  readonly protocol: string
}

const made = Effect.fnUntraced(function* (
  {
    url = "ws://server.test/",
    given = undefined as Socket.WebSocketConstructorOptions | undefined,
    maxBufferedBytes = 1000
  } = {},
  options: ConnectOptions = {}
) {
  const network = yield* MemoryTransport.make({ highWaterMark: 100 })
  const scope = yield* Scope.make()
  const layer = Layer.provide(Adapter.layerWebSocketConstructor(options, { maxBufferedBytes }), network.layer)
  const construct = Context.get(yield* Layer.buildWithScope(layer, scope), Socket.WebSocketConstructor)
  const socket = construct(url, given) as Socket.WebSocketLike & Pausable
  const events: Array<string> = []
  const note = (event: Socket.WebSocketEvent & { readonly message?: string }) => {
    const { code, data, message, reason, type } = event
    events.push([type, data, message, code, reason].filter((part) => part !== undefined && part !== "").join(" "))
  }
  for (const type of ["open", "message", "error", "close"] as const) socket.addEventListener(type, note)
  yield* Effect.addFinalizer(() => Effect.forkDetach(Scope.close(scope, Exit.void)))
  return { socket, network, events, note, leave: Scope.close(scope, Exit.void) }
})

const opened = Effect.fnUntraced(function* (...args: Parameters<typeof made>) {
  const all = yield* made(...args)
  const wire = yield* all.network.accept
  const server = yield* ServerPeer.accept(wire)
  yield* Effect.addFinalizer(() => Effect.sync(() => wire.reset()))
  yield* settle
  return { ...all, wire, server }
})

describe("events", () => {
  it.effect("open, messages, and the close of the server", () =>
    Effect.gen(function* () {
      const { events, server, socket, wire } = yield* opened()
      assert.strictEqual(socket.readyState, 1)
      yield* server.together([server.send("a"), server.send("b"), server.close(4001, "later")])
      yield* settle
      wire.end()
      yield* settle
      assert.deepStrictEqual(events, ["open", "message a", "message b", "close 4001 later"])
      assert.strictEqual(socket.readyState, 3)
    })
  )

  it.effect("a listener is called once if it asked for that, and no more when it was removed", () =>
    Effect.gen(function* () {
      const { events, note, server, socket } = yield* opened()
      let once = 0
      socket.addEventListener("message", () => once++, { once: true })
      yield* server.send("a")
      yield* settle
      socket.removeEventListener("message", note)
      yield* server.send("b")
      yield* settle
      assert.strictEqual(once, 1)
      assert.deepStrictEqual(events, ["open", "message a"])
    })
  )

  it.effect("a listener that is added while an event is told waits for the next, also one that adds itself again", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* opened()
      const told: Array<string> = []
      const again = ({ data }: Socket.WebSocketEvent) => {
        told.push(`again ${data}`)
        // Were it told of the same event once more, there would be no end to it.
        if (told.length < 10) socket.addEventListener("message", again, { once: true })
      }
      socket.addEventListener("message", again, { once: true })
      socket.addEventListener(
        "message",
        () => socket.addEventListener("message", ({ data }) => told.push(`late ${data}`)),
        { once: true }
      )
      yield* server.send("a")
      yield* settle
      assert.deepStrictEqual(told, ["again a"])
      yield* server.send("b")
      yield* settle
      assert.deepStrictEqual(told, ["again a", "again b", "late b"])
    })
  )

  it.effect("a listener that is there stays as it is, and one that is taken away meanwhile is not called", () =>
    Effect.gen(function* () {
      const { events, note, server, socket } = yield* opened()
      const never = () => events.push("never")
      socket.addEventListener("message", note, { once: true })
      socket.addEventListener("message", () => socket.removeEventListener("message", never))
      socket.addEventListener("message", never)
      yield* server.send("a")
      yield* server.send("b")
      yield* settle
      assert.deepStrictEqual(events, ["open", "message a", "message b"])
    })
  )

  it.effect("what the program's options die of is an error, and told to the log", () => {
    const logged: Array<string> = []
    const logger = Logger.make(({ message }) => logged.push(String(message)))
    return Effect.gen(function* () {
      const { events, socket } = yield* made({}, { headers: Effect.die("a mistake") as Effect.Effect<never> })
      yield* settle
      assert.deepStrictEqual(events, ["error a mistake", "close 1006"])
      assert.strictEqual(socket.readyState, 3)
      assert.deepStrictEqual(logged, ["A WebSocket died,a mistake"])
    }).pipe(Effect.provide(Logger.layer([logger])))
  })

  it.effect("a listener that throws is told to the log, and the others and the connection go on", () => {
    const logged: Array<string> = []
    const logger = Logger.make(({ logLevel, message }) => logged.push(`${logLevel} ${message}`))
    return Effect.gen(function* () {
      const { events, network, socket } = yield* made()
      for (const type of ["open", "message", "close"] as const) {
        socket.addEventListener(type, () => {
          throw new Error(`a mistake at ${type}`)
        })
        socket.addEventListener(type, () => events.push(`${type} behind it`))
      }
      const wire = yield* network.accept
      const server = yield* ServerPeer.accept(wire)
      yield* server.send("a")
      yield* server.send("b")
      yield* settle
      assert.strictEqual(socket.readyState, 1)
      yield* server.close(4001, "later")
      yield* settle
      wire.end()
      yield* settle
      const expected = ["open", "message a", "message b", "close 4001 later"]
      const behind = (event: string) => [event, `${event.split(" ")[0]} behind it`]
      assert.deepStrictEqual(events, expected.flatMap(behind))
      const told = expected.map((event) => event.split(" ")[0]!)
      for (const [i, type] of told.entries()) {
        assert.match(logged[i]!, new RegExp(`Error A listener of a WebSocket threw at "${type}".*a mistake at ${type}`))
      }
      assert.strictEqual(logged.length, told.length)
    }).pipe(Effect.provide(Logger.layer([logger])))
  })

  it.effect("a listener of error that throws is told to the log, too", () => {
    const logged: Array<string> = []
    const logger = Logger.make(({ message }) => logged.push(String(message)))
    return Effect.gen(function* () {
      const { events, socket } = yield* made({ url: "no url" })
      socket.addEventListener("error", () => {
        throw new Error("a mistake")
      })
      yield* settle
      assert.strictEqual(events.at(-1), "close 1006")
      assert.match(logged[0]!, /threw at "error".*a mistake/)
    }).pipe(Effect.provide(Logger.layer([logger])))
  })

  it.effect("a dial that fails is an error and a close; nothing is thrown, not even for what is no URL", () =>
    Effect.gen(function* () {
      const bad = yield* made({ url: "no url" })
      yield* settle
      assert.match(bad.events[0]!, /^error No connection to/)
      assert.deepStrictEqual(bad.events.slice(1), ["close 1006"])
      const refused = yield* made()
      yield* refused.network.refuse(new Refused({ address: "192.0.2.1:80" }))
      yield* settle
      assert.match(refused.events[0]!, /^error .*192\.0\.2\.1:80/)
      assert.strictEqual(refused.socket.readyState, 3)
    })
  )

  it.effect("a violation is an error before the close", () =>
    Effect.gen(function* () {
      const { events, server, wire } = yield* opened()
      yield* server.write(violation)
      yield* settle
      wire.end()
      yield* settle
      assert.match(events[1]!, /^error The peer broke/)
      assert.deepStrictEqual(events.slice(2), ["close 1006"])
    })
  )

  it.effect("none come while it is paused, and reading stops", () =>
    Effect.gen(function* () {
      const { events, server, socket, wire } = yield* opened({}, { limits: { inboxMessages: 1 } })
      socket.pause()
      yield* server.send("a")
      yield* server.send("b")
      yield* server.send("c")
      yield* settle
      assert.deepStrictEqual(events, ["open"])
      assert.isAbove(wire.unread(), 0)
      socket.resume()
      yield* settle
      assert.deepStrictEqual(events, ["open", "message a", "message b", "message c"])
    })
  )
})

describe("send", () => {
  it.effect("in order, bytes as they were at the call", () =>
    Effect.gen(function* () {
      const { server, socket } = yield* opened()
      const bytes = Uint8Array.of(1, 2)
      socket.send("a")
      socket.send(bytes)
      bytes.fill(9)
      assert.deepStrictEqual(yield* server.next, { _tag: "Message", message: "a" })
      assert.deepStrictEqual(yield* server.next, { _tag: "Message", message: Uint8Array.of(1, 2) })
      assert.strictEqual(socket.bufferedAmount, 0)
    })
  )

  it.effect("throws where a message could not be sent: before open, after close, half a character", () =>
    Effect.gen(function* () {
      const connecting = yield* made()
      assert.throws(() => connecting.socket.send("x"), /not open/)
      const { server, socket } = yield* opened()
      assert.throws(() => socket.send("\ud800"), /Not sent/)
      socket.close()
      assert.throws(() => socket.send("x"), /not open/)
      assert.deepInclude(yield* server.next, { _tag: "Close", closeCode: 1000 })
    })
  )

  it.effect("throws once the peer has begun to close, however long the end takes", () =>
    Effect.gen(function* () {
      const { events, server, socket, wire } = yield* opened()
      yield* server.close(4001, "later")
      yield* settle
      assert.strictEqual(socket.readyState, 2)
      assert.throws(() => socket.send("x"), /not open/)
      wire.end()
      yield* settle
      assert.deepStrictEqual(events, ["open", "close 4001 later"])
    })
  )

  for (const maxBufferedBytes of [Number.NaN, 0, -1, 1.5, Number.POSITIVE_INFINITY, "1000" as never]) {
    it.effect(`a bound of ${String(maxBufferedBytes)} is InvalidOptions as the layer is built`, () =>
      Effect.gen(function* () {
        const layer = Layer.provide(
          Adapter.layerWebSocketConstructor({}, { maxBufferedBytes }),
          (yield* MemoryTransport.make()).layer
        )
        const exit = yield* Effect.exit(Effect.scoped(Layer.build(layer)))
        assert(Exit.isFailure(exit))
        const defect = Cause.squash(exit.cause)
        assert.instanceOf(defect, InvalidOptions)
        assert.include(defect.message, "maxBufferedBytes")
      })
    )
  }

  it.effect("what the peer does not take is bounded: beyond it, the connection is given up", () =>
    Effect.gen(function* () {
      const { events, socket, wire } = yield* opened({ maxBufferedBytes: 1000 })
      wire.stall()
      socket.send(new Uint8Array(100))
      yield* settle
      assert.throws(() => {
        for (let n = 0; n < 100; n++) socket.send(new Uint8Array(100))
      }, /more than 1000 bytes would wait/)
      assert.isAtMost(socket.bufferedAmount, 1000)
      yield* settle
      assert.match(events[1]!, /^error .*maxBufferedBytes/)
      assert.deepStrictEqual(events.slice(2), ["close 1006"])
      assert.isTrue(wire.isDestroyed())
    })
  )

  it.effect("what was given and never left is not held once it is closed", () =>
    Effect.gen(function* () {
      class Given extends Uint8Array {}
      const count = () => queryObjects(Given, { format: "count" })
      const { socket, wire } = yield* opened()
      wire.stall()
      socket.send("x".repeat(100))
      yield* settle
      socket.send("y".repeat(100))
      yield* settle
      for (let n = 0; n < 5; n++) socket.send(new Given(100))
      assert.isAtLeast(count(), 5)
      wire.reset()
      yield* settle
      assert.strictEqual(socket.readyState, 3)
      assert.strictEqual(count(), 0)
      assert.strictEqual(socket.bufferedAmount, 500)
    })
  )
})

describe("close", () => {
  it.effect("after what was given before, with its code and reason", () =>
    Effect.gen(function* () {
      const { events, server, socket, wire } = yield* opened()
      socket.send("last")
      socket.close(4000, "done")
      socket.close(4002, "too late")
      assert.strictEqual(socket.readyState, 2)
      assert.deepStrictEqual(yield* server.next, { _tag: "Message", message: "last" })
      assert.deepStrictEqual(yield* server.next, { _tag: "Close", closeCode: 4000, closeReason: "done" })
      wire.end()
      yield* settle
      assert.deepStrictEqual(events, ["open", "close 4000"])
    })
  )

  it.effect("while connecting gives up", () =>
    Effect.gen(function* () {
      const { events, network, socket } = yield* made()
      const dial = yield* network.dial
      socket.close()
      yield* dial.abandoned
      yield* settle
      assert.deepStrictEqual(events, ["error Closed before it was open", "close 1006"])
    })
  )

  it.effect("throws for what no Close may say", () =>
    Effect.gen(function* () {
      const { socket } = yield* opened()
      assert.throws(() => socket.close(1005), /Not sent/)
      assert.throws(() => socket.close(4000, "x".repeat(124)), /Not sent/)
      assert.strictEqual(socket.readyState, 1)
    })
  )

  it.effect("the layer's scope closes all that is open, with 1001", () =>
    Effect.gen(function* () {
      const { events, leave, server, wire } = yield* opened()
      yield* Effect.forkChild(leave, { startImmediately: true })
      assert.deepInclude(yield* server.next, { _tag: "Close", closeCode: 1001 })
      wire.end()
      yield* settle
      assert.deepStrictEqual(events, ["open", "close 1006"])
    })
  )

  it.effect("once the layer's scope is left, constructing one throws", () =>
    Effect.gen(function* () {
      const layer = Layer.provide(Adapter.layerWebSocketConstructor(), (yield* MemoryTransport.make()).layer)
      const construct = yield* Effect.provide(Socket.WebSocketConstructor, layer)
      assert.throws(() => construct("ws://server.test/"), /scope of layerWebSocketConstructor was left/)
    })
  )
})

describe("what is offered", () => {
  it.effect("Effect's subprotocols and headers take the place of those in the options", () =>
    Effect.gen(function* () {
      const options: ConnectOptions = { subprotocols: ["default"], headers: { a: "1" }, origin: "https://example.com" }
      const rows = [
        [undefined, "default", "1"],
        ["one", "one", "1"],
        [["one", "two"], "one, two", "1"],
        [{ protocols: "one", headers: { a: "2" } }, "one", "2"],
        [{ headers: { a: "2" } }, "default", "2"]
      ] as const
      for (const [given, protocols, a] of rows) {
        const { network, socket } = yield* made({ given: given as Socket.WebSocketConstructorOptions }, options)
        const wire = yield* network.accept
        const server = yield* ServerPeer.accept(wire, { subprotocol: protocols.split(", ")[0]! })
        yield* settle
        assert.deepInclude(server.request.headers, ["Sec-WebSocket-Protocol", protocols])
        assert.deepInclude(server.request.headers, ["a", a])
        assert.deepInclude(server.request.headers, ["Origin", "https://example.com"])
        assert.strictEqual(socket.protocol, protocols.split(", ")[0])
        wire.reset()
      }
    })
  )
})
