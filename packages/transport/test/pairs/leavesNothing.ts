import * as Net from "node:net"
import * as Tls from "node:tls"
import { assert } from "@effect/vitest"
import type { ByteStream } from "@effect-websocket/transport"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** Runs it 200 times, each in a scope of its own, and looks for what is left of the process's sockets. */
export const leavesNothing = Effect.fnUntraced(function* <E>(
  server: Effect.Effect<{ readonly port: number }, never, Scope.Scope>,
  use: (port: number) => Effect.Effect<unknown, E, Scope.Scope>
) {
  yield* turnsOfTheEventLoop(3)
  const before = process.getActiveResourcesInfo()
  yield* Effect.scoped(
    Effect.gen(function* () {
      const { port } = yield* server
      yield* Effect.repeat(
        Effect.suspend(() => Effect.scoped(use(port))),
        { times: 199 }
      )
    })
  )
  yield* turnsOfTheEventLoop(3)
  assert.deepStrictEqual(sockets(process.getActiveResourcesInfo()), sockets(before))
})

/** A stream of Node's sockets whose scope has closed has no listener but Node's own, once its `close` was emitted. */
export const assertNoListeners = Effect.fnUntraced(function* (stream: ByteStream) {
  yield* turnsOfTheEventLoop(2)
  const { duplex } = stream as unknown as { readonly duplex: Net.Socket }
  const untouched = duplex instanceof Tls.TLSSocket ? new Tls.TLSSocket(new Net.Socket()) : new Net.Socket()
  for (const event of ["readable", "data", "drain", "finish", "error", "close", "connect", "secureConnect"]) {
    assert.isAtMost(duplex.listenerCount(event), untouched.listenerCount(event), event)
  }
})

export const turnsOfTheEventLoop = (turns: number) =>
  Effect.repeat(
    Effect.callback<void>((resume) => {
      setImmediate(() => resume(Effect.void))
    }),
    { times: turns - 1 }
  )

const sockets = (resources: ReadonlyArray<string>) => resources.filter((name) => /TCP|TLS|Connect|Write/.test(name))
