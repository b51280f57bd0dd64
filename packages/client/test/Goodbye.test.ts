/** How a connection ends while only the end of the peer's stream is waited for, also over streams that are faulty then. */
import { assert, describe, it } from "@effect/vitest"
import { ServerPeer } from "@effect-websocket/client/testing"
import { type ByteSink, type ByteStream, Transport, wrapStream } from "@effect-websocket/transport"
import { MemoryTransport } from "@effect-websocket/transport/testing"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { Metrics, WebSocket } from "../src/index.ts"
import * as Attendant from "../src/internal/Attendant.ts"
import { failsWith, isWaiting, settle, start } from "./harness.ts"

/** Over a byte stream with members replaced. `left` is what the connection has of the attendant, and of the metrics. */
const over = Effect.fnUntraced(function* (change: (stream: ByteStream) => ByteStream = (stream) => stream) {
  const network = yield* MemoryTransport.make()
  const changing = Layer.effect(
    Transport,
    Effect.map(Transport, ({ open }): typeof Transport.Service => ({
      open: (target) => Effect.map(open(target), change)
    }))
  )
  const logged: Array<unknown> = []
  const logger = Logger.layer([Logger.make(({ message }) => logged.push(message))])
  const context = yield* Layer.build(Layer.merge(Layer.provide(changing, network.layer), logger))
  const own = Context.add(context, Metric.MetricRegistry, new Map())
  const scope = yield* Scope.make()
  const connecting = yield* start(
    WebSocket.connect("ws://server.test/", { keepAlive: false }).pipe(
      Scope.provide(scope),
      Effect.provideContext(Context.add(own, Scope.Scope, scope))
    )
  )
  const wire = yield* network.accept
  const server = yield* ServerPeer.accept(wire)
  yield* Effect.addFinalizer(() => Effect.sync(() => wire.reset()))
  const attendant = Attendant.of(Context.get(context, Transport), yield* Clock.Clock) as unknown as {
    readonly all: { readonly members: ReadonlyArray<unknown> }
    readonly alarms: { readonly heap: ReadonlyArray<unknown> }
  }
  const left = Effect.map(Effect.provideContext(Metric.value(Metrics.connectionsOpen), own), ({ value }) => [
    attendant.all.members.length,
    attendant.alarms.heap.length,
    value
  ])
  const socket = yield* Fiber.join(connecting)
  return { socket, server, wire, scope, left, logged, logger }
})

const mistake = (): never => {
  throw new Error("a mistake of the transport")
}

/** The first sink is the reader. */
const flowOfGoodbye = (stream: ByteStream, flow: (sink: ByteSink) => void) => {
  let sinks = 0
  return wrapStream(stream, { flow: (sink) => (sinks++ === 0 ? stream.flow!(sink) : flow(sink)) })
}

const nothing = [0, 0, 0]

describe("waiting for the peer's end of stream", () => {
  it.effect("is over at closeTimeout, and then nothing is left when `closed` is told", () =>
    Effect.gen(function* () {
      const { left, server, socket, wire } = yield* over()
      const closed = yield* start(Effect.andThen(socket.closed, left))
      yield* server.close(4000)
      yield* failsWith(socket.receive, { closeCode: 4000 })
      yield* TestClock.adjust(9_999)
      assert.isTrue(yield* isWaiting(closed))
      assert.deepStrictEqual(yield* left, [1, 1, 1])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* Fiber.join(closed), nothing)
      assert.isTrue(wire.isDestroyed())
    })
  )

  for (const [what, end] of Object.entries({
    "the peer's end": ({ wire }: Over) => Effect.sync(() => wire.end()),
    "a reset": ({ wire }: Over) => Effect.sync(() => wire.reset()),
    "an abort": ({ socket }: Over) => socket.abort,
    "the deadline": () => TestClock.adjust("10 seconds")
  })) {
    for (const isLeft of [false, true]) {
      it.effect(`${what} ends it${isLeft ? ", and the fiber that leaves the scope goes on" : ""}`, () =>
        Effect.gen(function* () {
          const connection = yield* over()
          const { left, scope, server, socket, wire } = connection
          const closing = [yield* start(socket.close(4000)), yield* start(socket.close(4001))]
          const leaving = yield* start(isLeft ? Scope.close(scope, Exit.void) : socket.closed)
          yield* server.next
          for (const fiber of [...closing, leaving]) assert.isTrue(yield* isWaiting(fiber))
          yield* end(connection)
          for (const fiber of closing) {
            assert.deepInclude(yield* Fiber.join(fiber), {
              by: "us",
              clean: true,
              sent: { closeCode: 4000, closeReason: "" }
            })
          }
          yield* Fiber.join(leaving)
          assert.isTrue(wire.isDestroyed())
          assert.deepStrictEqual(yield* left, nothing)
        })
      )
    }
  }

  it.effect("a stream that has to be pulled is shut down outside of fibers all the same", () =>
    Effect.gen(function* () {
      let shutdowns = 0
      const { left, server, socket } = yield* over((stream) =>
        wrapStream(stream, {
          pull: stream.pull,
          shutdownUnsafe: () => {
            shutdowns += 1
            stream.shutdownUnsafe!()
          }
        })
      )
      yield* server.close(4000)
      yield* settle
      assert.strictEqual(shutdowns, 1)
      yield* server.end
      assert.deepInclude(yield* socket.closed, { closeCode: 4000, clean: true })
      assert.deepStrictEqual(yield* left, nothing)
    })
  )

  it.effect("a stream that is only shut down in a fiber is so", () =>
    Effect.gen(function* () {
      const { left, server, socket } = yield* over((stream) =>
        wrapStream(stream, { flow: (sink) => stream.flow!(sink), shutdown: stream.shutdown })
      )
      yield* server.close(4000)
      assert.deepInclude(yield* server.next, { _tag: "Close" })
      assert.deepInclude(yield* server.next, { _tag: "End" })
      yield* server.end
      assert.deepInclude(yield* socket.closed, { closeCode: 4000, clean: true })
      assert.deepStrictEqual(yield* left, nothing)
    })
  )

  it.effect("a stream is shut down before it is destroyed, though its end was there already", () =>
    Effect.gen(function* () {
      const seen: Array<boolean> = []
      let isDestroyed = () => false
      const { server, socket, wire } = yield* over((stream) =>
        wrapStream(
          flowOfGoodbye(stream, (sink) => sink.ended(undefined)),
          { shutdownUnsafe: () => seen.push(isDestroyed()) }
        )
      )
      isDestroyed = () => wire.isDestroyed()
      yield* server.close(4000)
      yield* socket.closed
      assert.deepStrictEqual(seen, [false])
      assert.isTrue(wire.isDestroyed())
    })
  )
})

it.effect("a stream whose writes throw while the scope is left: who waits for the end is told", () =>
  Effect.gen(function* () {
    let writes = 0
    const { left, scope, socket, wire } = yield* over((stream) =>
      wrapStream(stream, { writeUnsafe: (chunks) => (writes++ === 0 ? stream.writeUnsafe(chunks) : mistake()) })
    )
    const closed = yield* start(socket.closed)
    assert.isTrue(Exit.hasDies(yield* Effect.exit(Scope.close(scope, Exit.void))))
    yield* Fiber.join(closed)
    assert.isTrue(wire.isDestroyed())
    assert.deepStrictEqual(yield* left, nothing)
  })
)

describe("a faulty stream is destroyed, and that is logged", () => {
  const faulty: Record<string, (stream: ByteStream) => ByteStream> = {
    "that throws when it is asked to flow on": (stream) => flowOfGoodbye(stream, mistake),
    "that throws when it is shut down": (stream) => wrapStream(stream, { shutdownUnsafe: mistake }),
    "that has to be pulled, and throws when it is shut down": (stream) =>
      wrapStream(stream, { pull: stream.pull, shutdownUnsafe: mistake }),
    "that throws after it told its end": (stream) =>
      flowOfGoodbye(stream, (sink) => {
        sink.ended(undefined)
        mistake()
      }),
    "that throws when it is asked for `shutdown`": (stream) =>
      Object.defineProperty(wrapStream(stream, {}), "shutdown", { get: mistake })
  }
  for (const [which, change] of Object.entries(faulty)) {
    for (const isLeft of [false, true]) {
      it.effect(`one ${which}${isLeft ? ", while the scope is left" : ""}`, () =>
        Effect.gen(function* () {
          const { left, logged, logger, scope, server, socket, wire } = yield* over(change)
          const leaving = yield* start(
            isLeft ? Effect.provide(Scope.close(scope, Exit.void), logger) : Effect.asVoid(socket.closed)
          )
          if (!isLeft) yield* server.close(1000)
          yield* server.next
          wire.end()
          yield* Fiber.join(leaving)
          assert.deepInclude(yield* socket.closed, { closeCode: 1000, clean: true })
          assert.isTrue(wire.isDestroyed())
          assert.deepStrictEqual(yield* left, nothing)
          assert.match(String(logged), /session died.*a mistake/)
        })
      )
    }
  }
})

type Over = Effect.Success<ReturnType<typeof over>>
