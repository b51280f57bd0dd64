/**
 * An open connection and the server at its other end, in memory: one line to begin a test with.
 */
import { MemoryTransport, type Peer } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import type { ConnectError } from "../ConnectError.ts"
import type { Connection } from "../Connection.ts"
import type { ConnectOptions } from "../Options.ts"
import { connect } from "../WebSocket.ts"
import * as ServerPeer from "./ServerPeer.ts"

export interface Pair {
  readonly socket: Connection
  /** Speaks the protocol. */
  readonly server: ServerPeer.ServerPeer
  /** The bytes below it: cut, stall, half-close, reset, and what was written. */
  readonly wire: Peer
}

export interface Options {
  readonly client?: ConnectOptions
  readonly server?: ServerPeer.AcceptOptions
  /** Bytes that the network holds before it pushes back. Default 64 KiB. */
  readonly highWaterMark?: number
}

/**
 * Opens both ends. When the scope is left the network breaks first, so that no test waits for a goodbye that its script
 * does not give; to test a goodbye, close inside the scope.
 */
export const open: (options?: Options) => Effect.Effect<Pair, ConnectError, Scope.Scope> = Effect.fnUntraced(function* (
  options: Options = {}
) {
  const network = yield* MemoryTransport.make(options)
  const connecting = connect("ws://server.test/", options.client).pipe(Effect.provide(network.layer))
  const client = yield* Effect.forkChild(connecting, { startImmediately: true })
  const wire = yield* network.accept
  const server = yield* ServerPeer.accept(wire, options.server)
  const socket = yield* Fiber.join(client)
  yield* Effect.addFinalizer(() => Effect.sync(() => wire.reset()))
  return { socket, server, wire }
})
