/**
 * `npm run echo`: an echo server that stays until Ctrl-C, for the first programs of a newcomer; `npm run echo -- 9090`
 * takes another port.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Server, ServerPeer } from "@effect-websocket/client/testing"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"

const port = Number(process.argv[2] ?? 8080)

const program = Effect.gen(function* () {
  const server = yield* Server.serve(ServerPeer.echo, { port })
  yield* Console.log(`ws://localhost:${server.port}/echo sends back whatever it gets; Ctrl-C stops it`)
  yield* Effect.never
})

NodeRuntime.runMain(Effect.scoped(program))
