/** What the tests of long-lived clients share: a client over a network in memory, whose server the test plays. */
import { Client, type ClientOptions, type Status } from "@effect-websocket/client"
import { layerPredictable, ServerPeer } from "@effect-websocket/client/testing"
import { Refused, Transport, TransportError } from "@effect-websocket/transport"
import { MemoryTransport, type Peer } from "@effect-websocket/transport/testing"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { isWaiting, settle, start } from "./harness.ts"

export interface Served {
  readonly server: ServerPeer.ServerPeer
  readonly wire: Peer
}

/** A client in a scope of its own; the network breaks when the test ends. */
export const made = Effect.fnUntraced(function* (
  options: Partial<ClientOptions> = {},
  server: ServerPeer.AcceptOptions = {}
) {
  const network = yield* MemoryTransport.make()
  const scope = yield* Scope.make()
  const client = yield* Client.make({ url: "ws://server.test/", keepAlive: false, ...options }).pipe(
    Effect.provide([network.layer, layerPredictable()]),
    Scope.provide(scope)
  )
  const wires: Array<Peer> = []
  yield* Effect.addFinalizer((exit) =>
    Effect.andThen(
      Effect.sync(() => {
        for (const wire of wires) wire.reset()
      }),
      Scope.close(scope, exit)
    )
  )
  /** Accepts the next dial, and lets the client get as far as it can. */
  const accept: Effect.Effect<Served> = Effect.gen(function* () {
    const wire = yield* network.accept
    wires.push(wire)
    const peer = yield* ServerPeer.accept(wire, server)
    yield* settle
    return { server: peer, wire }
  })
  /** Refuses the next dial. */
  const refuse = Effect.andThen(network.refuse(new Refused({ address: "203.0.113.1:80" })), settle)
  const leave = (exit: Exit.Exit<unknown, unknown>) => Scope.close(scope, exit)
  return { client, network, accept, refuse, leave }
})

/** A client whose every dial is refused at once, and the moments of the dials, in milliseconds of the clock. */
export const refused = Effect.fnUntraced(function* (options: Partial<ClientOptions> = {}) {
  const dials: Array<number> = []
  const open = Effect.flatMap(Clock.currentTimeMillis, (now) => {
    dials.push(now)
    return Effect.fail(new TransportError({ reason: new Refused({ address: "203.0.113.1:80" }) }))
  })
  const client = yield* Client.make({ url: "ws://server.test/", ...options }).pipe(
    Effect.provideService(Transport, { open: () => open })
  )
  return { client, dials }
})

/** The same part of each delay, in place of a random one. */
export const drawing = (part: number) =>
  Effect.provideService(Random.Random, { nextDoubleUnsafe: () => part, nextIntUnsafe: () => 0 })

/** The client's next dial, answered when it comes: it would not wait for ever, and what it does then is random. */
export const redialled = Effect.fnUntraced(function* <E, R>(accept: Effect.Effect<Served, E, R>) {
  const next = yield* start(accept)
  while (yield* isWaiting(next)) yield* TestClock.adjust("1 seconds")
  return yield* Fiber.join(next)
})

/** Lets exactly the time pass that the client waits for. */
export const waitOut = Effect.fnUntraced(function* ({ status }: Client.Client) {
  const waiting = yield* status
  if (waiting._tag !== "Waiting" || waiting.delay === undefined) return yield* Effect.die(waiting)
  yield* TestClock.adjust(waiting.delay)
})

/** Collects every status from now on. */
export const statuses = Effect.fnUntraced(function* (client: Client.Client) {
  const seen: Array<Status> = []
  yield* start(Stream.runForEach(client.statusChanges, (status) => Effect.sync(() => seen.push(status))))
  return seen
})

export const tags = (seen: ReadonlyArray<Status>) => seen.map(({ _tag }) => _tag)
