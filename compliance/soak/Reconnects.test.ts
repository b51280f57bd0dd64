/**
 * One client that loses its connection again and again, with a reader, a sender and a follower of its status that wait all
 * the while: its memory does not grow with the number of its connections. 5,000 of them by default; `RECONNECTS=100000`
 * for the full form.
 */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { assert, describe, it } from "@effect/vitest"
import { Client, Reconnect } from "@effect-websocket/client"
import { ServerPeer } from "@effect-websocket/client/testing"
import { MemoryTransport } from "@effect-websocket/transport/testing"
import * as Console from "effect/Console"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"

const reconnects = Number(process.env.RECONNECTS ?? 5000)

describe("a client that reconnects for ever", () => {
  it.live(`${reconnects} connections leave no trace in memory`, () =>
    Effect.gen(function* () {
      const network = yield* MemoryTransport.make()
      const client = yield* Client.make({
        url: "ws://server.test/",
        onOpen: (connection) => connection.send("hello"),
        onLost: () => Effect.succeed(Reconnect.retryAfter("1 milli"))
      }).pipe(Effect.provide(network.layer))
      let received = 0
      yield* Effect.forkScoped(Stream.runForEach(client.messages, () => Effect.sync(() => received++)))
      yield* Effect.forkScoped(Stream.runDrain(client.statusChanges))
      yield* Effect.forkScoped(Effect.forever(Effect.andThen(client.send("again", { durable: true }), Effect.sleep(1))))

      /** Takes what comes first on a connection, answers it and breaks the connection. */
      const connection = Effect.gen(function* () {
        const wire = yield* network.accept
        const server = yield* ServerPeer.accept(wire)
        yield* server.next
        yield* server.send("welcome")
        yield* Effect.yieldNow
        wire.reset()
      })
      const times = (count: number) => Effect.repeat(connection, { times: count - 1 })

      const warmUp = reconnects / 5
      yield* times(warmUp)
      const before = heapUsed()
      const [took] = yield* Effect.timed(times(reconnects - warmUp))
      const after = heapUsed()
      const closing = yield* Effect.forkChild(client.close(), { startImmediately: true })
      yield* Fiber.join(closing)
      yield* Console.log(
        [
          `${reconnects} connections of one client, ${received} messages, ${Duration.toSeconds(took).toFixed(1)} s`,
          `heap: ${mebibytes(before)} after ${warmUp} of them, ${mebibytes(after)} after all`
        ].join("\n")
      )
      assert.isAtLeast(received, reconnects / 2)
      assert.isAtMost(after - before, heapGrowth)
    })
  )
})

/** After a full collection. */
const heapUsed = (): number => {
  setFlagsFromString("--expose-gc")
  const collect: () => void = runInNewContext("gc")
  collect()
  collect()
  return process.memoryUsage().heapUsed
}

const mebibytes = (bytes: number) => `${(bytes / 0x100000).toFixed(2)} MiB`

/** 100 bytes for each connection would be a leak; compiled code and statistics of V8 grow by less than this. */
const heapGrowth = 0x100000
