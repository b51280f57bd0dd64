import { assert, describe, it } from "@effect/vitest"
import { Server, ServerPeer } from "@effect-websocket/client/testing"
import { MemoryTransport } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { TestClock } from "effect/testing"
import { conversation } from "../start/conversation.ts"
import { run, runToCtrlC } from "./run.ts"

/** The first column. */
const steps = (stdout: string) => [...stdout.matchAll(/^ {2}(\S.*?) {2,}/gm)].map(([, what]) => what)

const talk = ["text", "unicode", "binary", "1 MiB", "ping", "closed"]

describe("npm start", { timeout: 30_000 }, () => {
  it.live("tells the whole story and ends well", () =>
    Effect.gen(function* () {
      const { exitCode, stderr, stdout } = yield* run("start/main.ts")
      assert.strictEqual(stderr, "")
      assert.deepStrictEqual(steps(stdout), [
        ...["plain", "secure"],
        ...["connected", ...talk],
        ...["connected", "secured", ...talk],
        ...["refused", "not trusted"]
      ])
      assert.match(stdout, /HandshakeRejected.*\n.*HTTP 401.*members only/)
      assert.match(stdout, /TlsFailed.*\n.*self-signed/)
      assert.strictEqual(exitCode, 0)
    })
  )

  it.live("has the same conversation with a server of yours", () =>
    Effect.gen(function* () {
      const server = yield* Server.serve((peer) => Effect.andThen(peer.send("welcome"), ServerPeer.echo(peer)))
      const { exitCode, stdout } = yield* run("start/main.ts", server.url)
      assert.deepStrictEqual(steps(stdout), ["connected", ...talk])
      assert.strictEqual(exitCode, 0)
    })
  )

  it.live("says what is wrong with it, and fails", () =>
    Effect.gen(function* () {
      const server = yield* Server.serve(ServerPeer.echo, { refuse: () => "HTTP/1.1 404 Not Found\r\n\r\n" })
      const { exitCode, stderr } = yield* run("start/main.ts", `${server.url}/nowhere`)
      assert.match(
        stderr,
        /^\nConnectError: No connection to ws:.*HTTP 404 Not Found \(nothing is there: check the path\)\n/
      )
      assert.strictEqual(exitCode, 1)
    })
  )

  it.effect("gives up on a server that sends nothing back", () =>
    Effect.gen(function* () {
      const network = yield* MemoryTransport.make()
      const talking = conversation("ws://example.com/", { closeFrom: "us" }).pipe(Effect.provide(network.layer))
      const failing = yield* Effect.forkChild(Effect.flip(talking), { startImmediately: true })
      const server = yield* ServerPeer.accept(yield* network.accept)
      yield* server.next
      yield* TestClock.adjust("10 seconds")
      yield* ServerPeer.echo(server)
      const error = yield* Fiber.join(failing)
      assert.strictEqual(error.message, "The server is no echo server: text did not come back within 10 seconds")
    })
  )
})

describe("npm run echo", { timeout: 30_000 }, () => {
  it.live("says where it listens, and stays until Ctrl-C", () =>
    Effect.gen(function* () {
      const { exitCode, stdout } = yield* runToCtrlC("start/echo.ts", "0")
      assert.match(stdout, /^ws:\/\/localhost:\d+\/echo sends back whatever it gets; Ctrl-C stops it\n$/)
      assert.strictEqual(exitCode, 130)
    })
  )
})
