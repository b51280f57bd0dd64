/**
 * A program that computes for longer than the timeout, over real TCP. The server is on another thread, so its pong is in
 * the kernel when the program goes on, and the timer of the timeout fires before it is read.
 */
import { Worker } from "node:worker_threads"
import { assert, it } from "@effect/vitest"
import { WebSocket } from "@effect-websocket/client"
import { type ByteStream, Transport, wrapStream } from "@effect-websocket/transport"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** Answers each ping after 100 ms. */
const server = `
  const { parentPort } = require("node:worker_threads")
  const { WebSocketServer } = require("ws")
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", autoPong: false })
  server.on("listening", () => parentPort.postMessage(server.address().port))
  server.on("connection", (socket) => socket.on("ping", (data) => setTimeout(() => socket.pong(data), 100)))
`

const serve = Effect.acquireRelease(
  Effect.callback<{ readonly port: number; readonly worker: Worker }>((resume) => {
    const worker = new Worker(server, { eval: true })
    worker.on("message", (port) => resume(Effect.succeed({ port, worker })))
    worker.on("error", (error) => resume(Effect.die(error)))
  }),
  ({ worker }) => Effect.promise(() => worker.terminate())
)

/** After its first ping has left, the program computes for two seconds. */
const busyAfterPing = (onBusy: () => void) =>
  Layer.effect(
    Transport,
    Effect.map(Transport, ({ open }) => ({
      open: (target) => Effect.map(open(target), (stream) => busy(stream, onBusy))
    }))
  )

const busy = (stream: ByteStream, onBusy: () => void): ByteStream => {
  let pinged = false
  const compute = () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000)
    onBusy()
  }
  const writeUnsafe: ByteStream["writeUnsafe"] = (chunks) => {
    if (chunks[0][0] === 0x89 && !pinged) {
      pinged = true
      // Not in a timer: after one, Node reads before it looks at the others.
      setTimeout(() => setImmediate(compute), 20)
    }
    return stream.writeUnsafe(chunks)
  }
  return wrapStream(stream, { writeUnsafe })
}

it.live("a program that was busy while the pong came keeps its connection", () =>
  Effect.gen(function* () {
    const worked = yield* Deferred.make<void>()
    const busyOnce = busyAfterPing(() => Deferred.doneUnsafe(worked, Effect.void))
    const { port } = yield* serve
    const socket = yield* WebSocket.connect(`ws://127.0.0.1:${port}`, {
      keepAlive: { interval: "100 millis", timeout: "1500 millis" }
    }).pipe(Effect.provide(Layer.provide(busyOnce, Transport.layer)))
    yield* Deferred.await(worked)
    yield* socket.ping()
    assert.isDefined(yield* socket.latency)
    yield* socket.close()
  })
)
