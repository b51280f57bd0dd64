/**
 * `npm start`: the main job, narrated. A client talks to an echo server over TCP and over TLS, both in this process;
 * `npm start -- wss://host/path` has the same conversation with an echo server of yours.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Transport } from "@effect-websocket/transport"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { conversation } from "./conversation.ts"
import { failures } from "./failures.ts"
import { part, step } from "./narrate.ts"
import { echoServers } from "./servers.ts"

const embedded = Effect.gen(function* () {
  const servers = yield* echoServers
  yield* Console.log("Two echo servers run in this process, on real sockets. They send back whatever they get.")
  yield* step("plain", servers.plain)
  yield* step("secure", `${servers.secure}, with a certificate made a moment ago`)

  yield* part("Over TCP: nothing is encrypted")
  yield* conversation(servers.plain, { closeFrom: "us" })

  yield* part("Over TLS: encrypted, and only that certificate is trusted: { tls: { ca } }")
  yield* conversation(servers.secure, { closeFrom: "peer", options: { tls: { ca: servers.ca } } })

  yield* part("What goes wrong has a name, and a program catches it by that name")
  yield* failures(servers)

  yield* part("That was all of it. README.md has a first program, docs/errors.md every error.")
})

const [url] = process.argv.slice(2)

const yours = (url: string) => Effect.andThen(Console.log(url), conversation(url, { closeFrom: "us" }))

const program = url === undefined ? embedded : yours(url)

program.pipe(
  Effect.scoped,
  Effect.provide(Transport.layer),
  Effect.tapError((error) => Console.error(`\n${error._tag}: ${error.message}`)),
  NodeRuntime.runMain({ disableErrorReporting: true })
)
