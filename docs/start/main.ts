/**
 * `npm start`: the main job, narrated. A client talks to an echo server over TCP and over TLS, both in this process;
 * `npm start -- wss://host/path` has the same conversation with an echo server of yours.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Transport } from "@effect-websocket/transport"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { conversation } from "./conversation.ts"
import { failures } from "./failures.ts"
import { echoServers } from "./servers.ts"

const embedded = Effect.gen(function* () {
  const servers = yield* echoServers
  yield* Console.log(
    `An echo server listens on ${servers.plain}, and on ${servers.secure} with a certificate made just now.`
  )

  yield* Console.log("\nOver TCP")
  yield* conversation(servers.plain, { closeFrom: "us" })
  yield* Console.log("\nOver TLS, trusting the certificate by name: { tls: { ca } }")
  yield* conversation(servers.secure, { closeFrom: "peer", options: { tls: { ca: servers.ca } } })
  yield* Console.log("\nWhat goes wrong has a tag")
  yield* failures(servers)
  yield* Console.log("\nDone. README.md has a first program; docs/errors.md every error.")
})

const [url] = process.argv.slice(2)
const program = url === undefined ? embedded : conversation(url, { closeFrom: "us" })

NodeRuntime.runMain(program.pipe(Effect.scoped, Effect.provide(Transport.layer)))
