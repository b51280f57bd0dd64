/** Runs an example over the network in memory, while the other side is played, and compares what it prints. */
import { format } from "node:util"
import { assert } from "@effect/vitest"
import { ServerPeer } from "@effect-websocket/client/testing"
import type { Transport } from "@effect-websocket/transport"
import { MemoryTransport } from "@effect-websocket/transport/testing"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { TestClock, TestConsole } from "effect/testing"

export type Network = MemoryTransport.MemoryTransport

export interface Example {
  readonly program: Effect.Effect<void, unknown, Transport>
}

/** Runs the example while `happen` plays the network's part, and compares what it prints. */
export const prints = Effect.fnUntraced(function* (
  { program }: Example,
  output: string | undefined,
  happen: (network: Network) => Effect.Effect<unknown>
) {
  const network = yield* MemoryTransport.make()
  const running = yield* Effect.forkChild(Effect.provide(program, network.layer), { startImmediately: true })
  yield* happen(network)
  yield* Fiber.join(running)
  const lines = (yield* TestConsole.logLines).map((line) => format(line))
  assert.strictEqual(`${lines.join("\n")}\n`, output)
})

/** Accepts the next client, plays the script and reads on to the end. */
export const serve = (
  network: Network,
  script: (server: ServerPeer.ServerPeer) => Effect.Effect<unknown>,
  options?: ServerPeer.AcceptOptions
) =>
  Effect.gen(function* () {
    const server = yield* ServerPeer.accept(yield* network.accept, options)
    yield* script(server)
    yield* ServerPeer.echo(server)
  })

/** Accepts the next client, plays the script and breaks the connection; the client dials again within that time. */
export const serveAndBreak = (
  network: Network,
  redialsWithin: Duration.Input,
  script: (server: ServerPeer.ServerPeer) => Effect.Effect<unknown>
) =>
  Effect.gen(function* () {
    const wire = yield* network.accept
    yield* script(yield* ServerPeer.accept(wire))
    yield* TestClock.adjust(0)
    wire.reset()
    yield* TestClock.adjust(redialsWithin)
  })

/** Answers the next client's request with these lines of a head, and no body. */
export const answer = (network: Network, ...lines: ReadonlyArray<string>): Effect.Effect<unknown> =>
  Effect.flatMap(network.accept, (wire) =>
    ServerPeer.answer(wire, [...lines, "Content-Length: 0", "", ""].join("\r\n"))
  )
