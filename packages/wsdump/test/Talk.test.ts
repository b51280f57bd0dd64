/** The command where a person types: the terminal is played, the server is real. */

import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Transport } from "@effect-websocket/transport"
import type * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Sink from "effect/Sink"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import { TestConsole } from "effect/testing"
import { wsdump } from "../src/Command.ts"
import * as Server from "./server.ts"

const erase = "\r\u001b[K"

/** A terminal: what is typed into it, and what it shows. */
const terminal = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
  const typed = yield* Queue.make<Uint8Array, Cause.Done>()
  const shown = yield* Queue.make<string>()
  const stdio = Stdio.layerTest({
    args: Effect.succeed(args),
    stdinIsTerminal: Effect.succeed(true),
    stdoutIsTerminal: Effect.succeed(true),
    stdin: Stream.fromQueue(typed),
    stdout: () => Sink.forEachArray((chunks) => Queue.offerAll(shown, chunks.map(String)))
  })
  const services = Layer.mergeAll(NodeServices.layer, Transport.layer, TestConsole.layer)
  const running = yield* Effect.forkScoped(
    wsdump("0.0.0").pipe(Effect.provide(Layer.provideMerge(stdio, services)), Effect.exit)
  )
  return {
    type: (line: string) => Queue.offer(typed, new TextEncoder().encode(`${line}\n`)),
    endInput: Queue.end(typed),
    /** What it shows until this has been shown. */
    until: (text: string) =>
      Effect.gen(function* () {
        let all = ""
        while (!all.includes(text)) all += yield* Queue.take(shown)
        return all
      }),
    exit: Fiber.join(running)
  }
})

describe("in a terminal", () => {
  it.live("it prompts, shows what comes on lines of their own, and closes at the end of the input", () =>
    Effect.gen(function* () {
      const server = yield* Server.start(Server.echo)
      const { endInput, exit, type, until } = yield* terminal(server.url, "--input", "hex")
      assert.strictEqual(yield* until("> "), `${erase}* connected to ${server.url}/\n> `)
      yield* type("00ff")
      const answer = yield* until("|\n")
      assert.include(answer, `${erase}`)
      assert.match(answer, /< 2 bytes\n {2}00000000 {2}00 ff +\|\.\.\|\n$/)
      assert.strictEqual(yield* until("> "), "> ")
      yield* endInput
      assert.strictEqual(yield* until("closed"), `${erase}* closed by us: 1000\n`)
      assert.strictEqual((yield* exit)._tag, "Success")
      assert.deepStrictEqual(yield* server.closed, { code: 1000, reason: "" })
    })
  )

  it.live("a line that cannot be sent is told of, and the conversation goes on", () =>
    Effect.gen(function* () {
      const heard = yield* Deferred.make<string>()
      const server = yield* Server.start((peer) => {
        peer.on("message", (data: Buffer) => Deferred.doneUnsafe(heard, Effect.succeed(data.toString("hex"))))
      })
      const { endInput, exit, type, until } = yield* terminal(server.url, "--input", "hex")
      yield* until("> ")
      yield* type("what?")
      yield* until("> ")
      yield* type("0102")
      assert.strictEqual(yield* Deferred.await(heard), "0102")
      yield* endInput
      assert.strictEqual((yield* exit)._tag, "Success")
    })
  )

  it.live("a long message is cut, and whole with --full", () =>
    Effect.gen(function* () {
      const server = yield* Server.start((peer) => peer.send(`${"x".repeat(5000)}y`))
      const cut = yield* terminal(server.url)
      assert.match(yield* cut.until("--full"), /< x{4096}\.\.\. \(905 more characters: --full\)\n$/)
      const whole = yield* terminal(server.url, "--full")
      assert.match(yield* whole.until("y\n"), /< x{5000}y\n$/)
    })
  )

  it.live("without colours where NO_COLOR is set, and with them else", () =>
    Effect.gen(function* () {
      const { TerminalCapabilities } = yield* Effect.promise(() => import("effect/cli/TerminalCapabilities"))
      for (const canColor of [true, false]) {
        const server = yield* Server.start((peer) => peer.send("hello"))
        const capabilities = { canColor, canAnimate: true, canPrompt: true }
        const { until } = yield* Effect.provideService(terminal(server.url), TerminalCapabilities, capabilities)
        assert.include(yield* until("hello"), canColor ? "\u001b[34m<\u001b[0m hello" : "< hello")
      }
    })
  )
})
