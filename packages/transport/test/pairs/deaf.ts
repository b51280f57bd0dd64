import * as Net from "node:net"
import { Worker } from "node:worker_threads"
import * as Effect from "effect/Effect"
import { turnsOfTheEventLoop } from "./leavesNothing.ts"

/**
 * An address that takes no connection and refuses none: its queue of connections is full and nobody accepts them, for
 * the thread that would sleeps.
 */
export const deaf = Effect.fnUntraced(function* (host: string, port: number) {
  const asleep = new Int32Array(new SharedArrayBuffer(4))
  const worker = yield* Effect.acquireRelease(
    Effect.sync(
      () =>
        new Worker(
          `const { parentPort, workerData: { asleep, host, port } } = require("node:worker_threads")
          require("node:net").createServer().listen({ host, port, backlog: 1 }, () => {
            parentPort.postMessage("listening")
            Atomics.wait(asleep, 0, 0)
            process.exit()
          })`,
          { eval: true, workerData: { asleep, host, port } }
        )
    ),
    (worker) =>
      Effect.promise(() => {
        Atomics.store(asleep, 0, 1)
        Atomics.notify(asleep, 0)
        return worker.terminate()
      })
  )
  yield* Effect.callback<void>((resume) => {
    worker.once("message", () => resume(Effect.void))
    worker.once("error", (error) => resume(Effect.die(error)))
  })
  yield* Effect.acquireRelease(
    Effect.sync(() => Array.from({ length: 8 }, () => Net.connect(port, host).on("error", () => {}))),
    (sockets) =>
      Effect.sync(() => {
        for (const socket of sockets) socket.destroy()
      })
  )
  yield* turnsOfTheEventLoop(20)
})
