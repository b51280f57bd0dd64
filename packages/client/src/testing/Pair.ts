/**
 * An open connection and the server at its other end, in memory: one line to begin a test with.
 */
import { MemoryTransport, type Peer } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import type { ConnectError } from "../ConnectError.ts"
import type { Connection, Message } from "../Connection.ts"
import type { Delivered, Delivery, TextAs } from "../Delivery.ts"
import type { ConnectOptions } from "../Options.ts"
import { connect } from "../WebSocket.ts"
import * as ServerPeer from "./ServerPeer.ts"

/** `A` is what taking gives, by the options `delivery` and `text`. */
export interface Pair<A = Message> {
  readonly socket: Connection<A>
  /** Speaks the protocol. */
  readonly server: ServerPeer.ServerPeer
  /** The bytes below it: cut, stall, half-close, reset, and what was written. */
  readonly wire: Peer
}

export interface Options<D extends Delivery = "messages", T extends TextAs = "string"> {
  readonly client?: ConnectOptions<never, D, T>
  readonly server?: ServerPeer.AcceptOptions
  /** Bytes that the network holds before it pushes back. Default 64 KiB. */
  readonly highWaterMark?: number
}

/**
 * Opens both ends. When the scope is left the network breaks first, so that no test waits for a goodbye that its script
 * does not give; to test a goodbye, close inside the scope.
 */
export const open: <D extends Delivery = "messages", T extends TextAs = "string">(
  options?: Options<D, T>
) => Effect.Effect<Pair<Delivered<D, T>>, ConnectError, Scope.Scope> = Effect.fnUntraced(function* <
  D extends Delivery,
  T extends TextAs
>(options: Options<D, T> = {}) {
  const network = yield* MemoryTransport.make(options)
  const connecting = connect("ws://server.test/", options.client).pipe(Effect.provide(network.layer))
  const client = yield* Effect.forkChild(connecting, { startImmediately: true })
  // Options that are not legal fail before anything is dialled.
  const failed = Effect.flatMap(Fiber.join(client), () => Effect.never)
  const wire = yield* Effect.raceFirst(network.accept, failed)
  const server = yield* ServerPeer.accept(wire, options.server)
  const socket = yield* Fiber.join(client)
  yield* Effect.addFinalizer(() => Effect.sync(() => wire.reset()))
  return { socket, server, wire }
})
