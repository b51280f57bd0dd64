/** The command where a person types: the terminal is played, the server is real. */

import { PassThrough, Writable } from "node:stream"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Transport } from "@effect-websocket/transport"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Stdio from "effect/Stdio"
import { TestConsole } from "effect/testing"
import type { WebSocket } from "ws"
import { wsdump } from "../src/Command.ts"
import { maxTypedLines, Terminal } from "../src/Typing.ts"
import * as Server from "./server.ts"

const erase = "\u001b[1G\u001b[0J"

/** A terminal of 40 columns: what is typed into it, and what it shows. */
const terminal = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
  const keys = new PassThrough()
  const shown = yield* Queue.make<string>()
  const interrupted = yield* Deferred.make<void>()
  const suspended = yield* Deferred.make<() => void>()
  const output = new Writable({
    write: (chunk, _, done) => {
      Queue.offerUnsafe(shown, String(chunk))
      done()
    }
  })
  const played = {
    input: keys,
    output: Object.assign(output, { columns: 40 }),
    interrupt: () => Deferred.doneUnsafe(interrupted, Effect.void),
    suspend: (resumed: () => void) => Deferred.doneUnsafe(suspended, Effect.succeed(resumed))
  }
  const stdio = Stdio.layerTest({
    args: Effect.succeed(args),
    stdinIsTerminal: Effect.succeed(true),
    stdoutIsTerminal: Effect.succeed(true)
  })
  const services = Layer.mergeAll(NodeServices.layer, Transport.layer, TestConsole.layer)
  const running = yield* Effect.forkScoped(
    wsdump("0.0.0").pipe(
      Effect.provide(Layer.provideMerge(stdio, services)),
      Effect.provideService(Terminal, played),
      Effect.exit
    )
  )
  return {
    press: (text: string) => keys.write(text),
    type: (line: string) => Effect.sync(() => keys.write(`${line}\r`)),
    endInput: Effect.sync(() => keys.write("\u0004")),
    interrupted: Deferred.await(interrupted),
    suspended: Deferred.await(suspended),
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
      assert.include(yield* until("connected"), `* connected to ${server.url}/\n`)
      yield* until("> ")
      yield* type("00ff")
      assert.match(yield* until("|\n"), /< 2 bytes\n {2}00000000 {2}00 ff +\|\.\.\|\n$/)
      yield* until("> ")
      yield* endInput
      const end = yield* until("closed")
      assert.include(end, erase)
      assert.match(end, /\* closed by us: 1000\n$/)
      assert.strictEqual((yield* exit)._tag, "Success")
      assert.deepStrictEqual(yield* server.closed, { code: 1000, reason: "" })
    })
  )

  it.live("what is shown of the last lines, once the input has ended, is nobody's line any more", () =>
    Effect.gen(function* () {
      const server = yield* Server.start(Server.echo)
      const { exit, press, until } = yield* terminal(server.url, "--input", "hex")
      yield* until("> ")
      press("no hex\r\u0004")
      assert.match(yield* until("closed"), /\* closed by us: 1000\n$/)
      assert.deepStrictEqual(yield* exit, Exit.void)
    })
  )

  it.live("a line half typed stands below what comes, and is sent whole", () =>
    Effect.gen(function* () {
      const peers: Array<WebSocket> = []
      const heard = yield* Deferred.make<string>()
      const server = yield* Server.start((peer) => {
        peers.push(peer)
        peer.on("message", (data: Buffer) => Deferred.doneUnsafe(heard, Effect.succeed(String(data))))
      })
      const { press, type, until } = yield* terminal(server.url)
      yield* until("> ")
      press("half")
      yield* until("half")
      peers[0]!.send("hello")
      assert.include(yield* until("> half"), `${erase}< hello\n${erase}> half`)
      yield* type(" a line")
      assert.strictEqual(yield* Deferred.await(heard), "half a line")
    })
  )

  it.live("a line of two rows is taken off both before a message is shown, and drawn below it", () =>
    Effect.gen(function* () {
      const peers: Array<WebSocket> = []
      const server = yield* Server.start((peer) => peers.push(peer))
      const { press, until } = yield* terminal(server.url)
      yield* until("> ")
      const line = "x".repeat(50)
      for (const key of `${line}y`) press(key)
      yield* until("y")
      peers[0]!.send("hello")
      const up = "\u001b[1A"
      assert.include(yield* until(`${line}y`), `${up}${erase}< hello\n\n${up}${erase}> ${line}y`)
    })
  )

  it.live("of lines that are pasted together, none is lost", () =>
    Effect.gen(function* () {
      const heard: Array<string> = []
      const all = yield* Deferred.make<void>()
      const server = yield* Server.start((peer) => {
        peer.on("message", (data: Buffer) => {
          if (heard.push(String(data)) === 1000) Deferred.doneUnsafe(all, Effect.void)
        })
      })
      const { press, until } = yield* terminal(server.url)
      yield* until("> ")
      const lines = Array.from({ length: 1000 }, (_, i) => `line ${i}`)
      press(`${lines.join("\r")}\r`)
      yield* Deferred.await(all)
      assert.deepStrictEqual(heard, lines)
    })
  )

  it.live("more lines than may wait end it, and it is said", () =>
    Effect.gen(function* () {
      const server = yield* Server.start(Server.echo)
      const { exit, press, until } = yield* terminal(server.url)
      yield* until("> ")
      press("\r".repeat(maxTypedLines + 1))
      const error = Option.getOrThrow(Exit.findErrorOption(yield* exit))
      assert.match(error.message, /The input failed: more than 16384 lines wait to be sent/)
    })
  )

  it.live("Ctrl-C and Ctrl-Z do what they do also while each key is ours, and the line is drawn again", () =>
    Effect.gen(function* () {
      const server = yield* Server.start(Server.echo)
      const { interrupted, press, suspended, until } = yield* terminal(server.url)
      yield* until("> ")
      press("half\u001a")
      const resume = yield* suspended
      yield* until("half")
      resume()
      assert.include(yield* until("half"), `${erase}> half`)
      press("\u0003")
      yield* interrupted
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
