/** Real sockets at both ends: what the server's end does is what the client's stream sees. */
import { assert, describe, it } from "@effect/vitest"
import { TlsOptions, Transport } from "@effect-websocket/transport"
import { Certificate, Listener } from "@effect-websocket/transport/testing"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { pattern, pullBytes } from "./pairs/Pair.ts"

const identity = Certificate.make({ names: ["localhost", "127.0.0.1"] })

for (const [name, tls] of [
  ["TCP", undefined],
  ["TLS", identity]
] as const) {
  describe(`Listener over ${name}`, () => {
    const connect = Effect.fnUntraced(function* () {
      const listener = yield* Listener.make({ tls })
      const stream = yield* open(listener.port, tls?.cert)
      return { listener, stream, accepted: yield* listener.accept }
    }, Effect.provide(Transport.layer))

    it.live("bytes go both ways, each side ends its own", () =>
      Effect.gen(function* () {
        const { accepted, stream } = yield* connect()
        stream.writeUnsafe([Uint8Array.of(1, 2, 3)])
        assert.deepStrictEqual(yield* accepted.take, Uint8Array.of(1, 2, 3))
        const bytes = pattern(0x20000)
        accepted.send(bytes)
        accepted.end()
        assert.deepStrictEqual(yield* pullBytes(stream.pull, bytes.length), bytes)
        assert.isTrue(isDone(yield* Effect.exit(stream.pull)))
        stream.writeUnsafe([Uint8Array.of(4)])
        assert.deepStrictEqual(yield* accepted.take, Uint8Array.of(4))
        yield* stream.shutdown
        assert.isTrue(isDone(yield* Effect.exit(accepted.take)))
        assert.isTrue(isDone(yield* Effect.exit(accepted.take)))
      })
    )

    it.live("leaving delivers everything, and waits for the client's end", () =>
      Effect.gen(function* () {
        const { accepted, stream } = yield* connect()
        const bytes = pattern(0x100000)
        accepted.send(bytes)
        stream.writeUnsafe([Uint8Array.of(1)])
        const leaving = yield* Effect.forkChild(accepted.leave)
        assert.deepStrictEqual(yield* pullBytes(stream.pull, bytes.length), bytes)
        assert.isTrue(isDone(yield* Effect.exit(stream.pull)))
        assert.isUndefined(leaving.pollUnsafe())
        yield* stream.shutdown
        yield* Fiber.join(leaving)
      })
    )

    it.live("a reset is one", () =>
      Effect.gen(function* () {
        const { accepted, stream } = yield* connect()
        accepted.reset()
        const error = yield* Effect.flip(stream.pull)
        assert.deepInclude(Cause.isDone(error) ? error : error.reason, { _tag: "Reset", code: "ECONNRESET" })
      })
    )

    it.live("once the scope is closed, accept dies, also for those who wait already", () =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        const { accept, port } = yield* Scope.provide(Listener.make({ tls }), scope)
        yield* open(port, tls?.cert)
        yield* accept
        const waiting = yield* Effect.forkChild(accept, { startImmediately: true })
        yield* Scope.close(scope, Exit.void)
        for (const exit of [yield* Fiber.await(waiting), yield* Effect.exit(accept)]) {
          assert.match(
            String(Exit.isFailure(exit) && Cause.squash(exit.cause)),
            /the scope of this listener is closed/i
          )
        }
      }).pipe(Effect.provide(Transport.layer))
    )

    it.live("closing the scope destroys every connection, taken or not", () =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        const listener = yield* Scope.provide(Listener.make({ tls }), scope)
        const [first, second] = yield* Effect.all([open(listener.port, tls?.cert), open(listener.port, tls?.cert)])
        yield* listener.accept
        yield* Scope.close(scope, Exit.void)
        assert.isTrue(Exit.isFailure(yield* Effect.exit(first.pull)))
        assert.isTrue(Exit.isFailure(yield* Effect.exit(second.pull)))
      }).pipe(Effect.provide(Transport.layer))
    )
  })
}

const open = (port: number, ca: string | undefined) =>
  Transport.use((transport) =>
    transport.open({
      host: "127.0.0.1",
      port,
      report: () => {},
      ...(ca !== undefined && { tls: TlsOptions.make({ ca }) })
    })
  )

const isDone = (exit: Exit.Exit<unknown, unknown>) => Exit.isFailure(exit) && Cause.isDone(Cause.squash(exit.cause))

describe("a listener's port", () => {
  const listen = (port?: number) => Effect.scoped(Effect.map(Listener.make({ port }), (listener) => listener.port))

  it.live("is the one that is named", () =>
    Effect.gen(function* () {
      const port = yield* listen()
      assert.strictEqual(yield* listen(port), port)
    })
  )

  it.live("has to be free", () =>
    Effect.gen(function* () {
      const { port } = yield* Listener.make()
      const exit = yield* Effect.exit(listen(port))
      assert.match(String(Exit.isFailure(exit) && Cause.squash(exit.cause)), /EADDRINUSE/)
    })
  )
})
