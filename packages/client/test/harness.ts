/**
 * What the tests over the in-memory network share: a connection in a scope that the test leaves itself, and frames as
 * a server would write them.
 */
import { assert } from "@effect/vitest"
import { type Connection, type ConnectOptions, type Message, WebSocket } from "@effect-websocket/client"
import { layerPredictable, ServerPeer } from "@effect-websocket/client/testing"
import { FrameEncoder, Opcode, Platform } from "@effect-websocket/core"
import { MemoryTransport, type Peer } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"

/** Runs in the background, from now on. */
export const start = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.forkChild(effect, { startImmediately: true })

/** Lets everything run that can: scheduled writes, fibers that yielded. No time passes. */
export const settle = TestClock.adjust(0)

/** Whether a fiber is still waiting, once everything ran that can. */
export const isWaiting = (fiber: Fiber.Fiber<unknown, unknown>) =>
  Effect.map(settle, () => fiber.pollUnsafe() === undefined)

/** Asserts some fields of the failure. */
export const failsWith = <A, E extends object, R>(effect: Effect.Effect<A, E, R>, fields: object) =>
  Effect.map(Effect.flip(effect), (error: object) => assert.deepInclude(error, fields))

export interface Connected {
  readonly socket: Connection
  readonly server: ServerPeer.ServerPeer
  readonly wire: Peer
  /** The connection's. */
  readonly scope: Scope.Closeable
  /** Leaves the scope. */
  readonly leave: (exit: Exit.Exit<unknown, unknown>) => Effect.Effect<void>
}

/** The project `client:pulled` runs tests once more over byte streams that have to be pulled. */
const flows = process.env.STREAMS_ARE_PULLED === undefined

/** As `Pair.open`, but the connection's scope is the test's to leave, and nothing on the wire is masked. */
export const connected = Effect.fnUntraced(function* (
  client: ConnectOptions = {},
  { highWaterMark, ...server }: ServerPeer.AcceptOptions & { readonly highWaterMark?: number } = {}
) {
  const network = yield* MemoryTransport.make({ flows, ...(highWaterMark !== undefined && { highWaterMark }) })
  const scope = yield* Scope.make()
  const connecting = yield* start(
    WebSocket.connect("ws://server.test/", client).pipe(
      Effect.provide([network.layer, layerPredictable()]),
      Scope.provide(scope)
    )
  )
  const wire = yield* network.accept
  const peer = yield* ServerPeer.accept(wire, server)
  const socket = yield* Fiber.join(connecting)
  yield* Effect.addFinalizer((exit) =>
    Effect.andThen(
      Effect.sync(() => wire.reset()),
      Scope.close(scope, exit)
    )
  )
  const result: Connected = { socket, server: peer, wire, scope, leave: (exit) => Scope.close(scope, exit) }
  return result
})

/** A frame as a server writes it: unmasked. */
export const frame = (opcode: Opcode.Opcode, payload: string | Uint8Array, fin = true): Uint8Array => {
  const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : payload
  return FrameEncoder.encode({ fin, opcode, payload: bytes }, Platform.pure.mask)
}

export const text = (payload: string, fin = true) => frame(Opcode.text, payload, fin)

/** What messages count as in an inbox. */
export const lengths = (message: Message) => message.length

/** As many different messages, "0" first. */
export const numbers = (count: number) => Array.from({ length: count }, (_, i) => String(i))

export const bytes = (text: string) => new TextEncoder().encode(text)

/** RSV1 is set although nothing was agreed: a violation in its first byte. */
export const violation = Uint8Array.of(0xc1, 0x00)
