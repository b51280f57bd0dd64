/** What the tests of dialling share: a connection on its way, and the server's answer to it. */
import { type ConnectError, type Connection, type ConnectOptions, WebSocket } from "@effect-websocket/client"
import { layerPredictable, ServerPeer } from "@effect-websocket/client/testing"
import { MemoryTransport } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { start } from "./harness.ts"

export const url = "ws://user.test:8080/chat?token=secret"

/** A connection on its way, in a scope of its own. What was accepted breaks when the test ends. */
export const dialling = Effect.fnUntraced(function* (options: ConnectOptions = {}, to = url) {
  const { accept, ...network } = yield* MemoryTransport.make()
  const scope = yield* Scope.make()
  const connecting = yield* start(
    WebSocket.connect(to, options).pipe(Effect.provide([network.layer, layerPredictable()]), Scope.provide(scope))
  )
  yield* Effect.addFinalizer(() => Effect.andThen(Fiber.interrupt(connecting), Scope.close(scope, Exit.void)))
  const acceptUntilEnd = Effect.acquireRelease(accept, (wire) => Effect.sync(() => wire.reset()))
  return { network: { ...network, accept: acceptUntilEnd }, connecting, scope }
})

export const failureOf = (connecting: Fiber.Fiber<Connection, ConnectError>) => Effect.flip(Fiber.join(connecting))

/** What an answer to the request leads to. */
export const answered = Effect.fnUntraced(function* (answer: string, options?: ConnectOptions) {
  const { connecting, network } = yield* dialling(options)
  const wire = yield* network.accept
  yield* ServerPeer.answer(wire, answer)
  return { connecting, wire, error: failureOf(connecting) }
})
