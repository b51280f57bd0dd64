import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { format } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { Server, ServerPeer } from "@effect-websocket/client/testing"
import { Listener } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import { TestConsole } from "effect/testing"
import * as duplex from "../examples/addresses/duplex.ts"
import * as options from "../examples/addresses/options.ts"
import * as resolver from "../examples/addresses/resolver.ts"
import * as tried from "../examples/addresses/tried.ts"
import * as unix from "../examples/addresses/unix.ts"
import * as Blocks from "./Blocks.ts"
import { prints } from "./Play.ts"

const outputs = new Map(Blocks.of("docs/addresses.md").map(({ file, output }) => [file, output]))

const output = (name: string) => outputs.get(`examples/addresses/${name}.ts`)

describe("docs/addresses.md: each example prints what the page says", () => {
  it.live("tried, but for times and port", () =>
    Effect.gen(function* () {
      const { port } = yield* Effect.scoped(Listener.make())
      const masked = (text: string) => text.replace(/\d+\.\d ms/g, "0.0 ms").replaceAll(String(port), "8080")
      assert.strictEqual(masked(yield* printed(tried.program(port))), masked(output("tried") ?? ""))
    })
  )

  it.effect("options", () =>
    prints(options, output("options"), (network) =>
      Effect.gen(function* () {
        const { accept, target } = yield* network.dial
        assert.deepInclude(target.addresses, { family: 4, localAddress: "10.0.0.7" })
        const [local, remote] = [`${target.addresses?.localAddress}`, "203.0.113.9"]
        const wire = accept({ local: { address: local, port: 49152 }, remote: { address: remote, port: 443 } })
        yield* ServerPeer.echo(yield* ServerPeer.accept(wire))
      })
    )
  )

  it.live("resolver", () =>
    Effect.gen(function* () {
      const { port } = yield* Server.serve(ServerPeer.echo)
      assert.strictEqual(yield* printed(resolver.program(port)), output("resolver"))
    })
  )

  it.live("unix", () =>
    Effect.gen(function* () {
      const socketPath = yield* freePath
      yield* Server.serve(ServerPeer.echo, { socketPath })
      assert.strictEqual(yield* printed(unix.program(socketPath)), output("unix"))
    })
  )

  it.live("duplex", () =>
    Effect.gen(function* () {
      const { port } = yield* Server.serve(ServerPeer.echo)
      assert.strictEqual(yield* printed(duplex.program(port)), output("duplex"))
    })
  )
})

/** What the program prints over real sockets. */
const printed = <E>(program: Effect.Effect<void, E>) =>
  Effect.gen(function* () {
    yield* program
    const lines = yield* TestConsole.logLines
    return `${lines.map((line) => format(line)).join("\n")}\n`
  }).pipe(Effect.provide(TestConsole.layer))

const freePath = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "effect-websocket-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
  ),
  (folder) => join(folder, "socket")
)
