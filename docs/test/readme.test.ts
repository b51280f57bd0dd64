import { assert, describe, it } from "@effect/vitest"
import { Server, ServerPeer } from "@effect-websocket/client/testing"
import { MemoryTransport } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { TestConsole } from "effect/testing"
import { listen } from "../examples/errors.ts"
import * as Blocks from "./Blocks.ts"
import { run, shell } from "./run.ts"

describe("README.md", { timeout: 30_000 }, () => {
  it.live("its first program runs as it stands", () =>
    Effect.gen(function* () {
      const server = yield* Server.serve(ServerPeer.echo)
      const { exitCode, stderr, stdout } = yield* run("examples/first.ts", server.url)
      assert.deepStrictEqual({ exitCode, stderr, stdout }, { exitCode: 0, stderr: "", stdout: "hello\n" })
    })
  )

  it.live("its command asks a server, and prints the answer", () =>
    Effect.gen(function* () {
      const server = yield* Server.serve(ServerPeer.echo)
      const [, command] = /^```sh\n(.*? wsdump .*?)\n```$/m.exec(Blocks.read("README.md"))!
      const outcome = yield* shell(command!.replace(/ws:\S+/, server.url))
      assert.deepStrictEqual(outcome, { exitCode: 0, stdout: "hello\n", stderr: "" })
    })
  )

  const heard = (serve: (wire: ServerPeer.Wire) => Effect.Effect<unknown>) =>
    Effect.gen(function* () {
      const network = yield* MemoryTransport.make()
      const listening = yield* Effect.forkChild(Effect.provide(listen("ws://example.com/"), network.layer))
      yield* serve(yield* network.accept)
      yield* Fiber.join(listening)
      return yield* TestConsole.logLines
    })

  const open = (script: (server: ServerPeer.ServerPeer) => Effect.Effect<void>) => (wire: ServerPeer.Wire) =>
    Effect.flatMap(ServerPeer.accept(wire), (server) => Effect.andThen(script(server), ServerPeer.echo(server)))

  it.effect("its second program prints messages until the server says goodbye", () =>
    Effect.gen(function* () {
      const lines = yield* heard(open((server) => Effect.andThen(server.send("news"), server.close(1000))))
      assert.deepStrictEqual(lines, ["news"])
    })
  )

  it.effect("its second program catches a close", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* heard(open((server) => server.close(1011))), ["closed with 1011 by peer"])
    })
  )

  it.effect("its second program catches a message that is too big", () =>
    Effect.gen(function* () {
      const [line] = yield* heard(open((server) => server.send(new Uint8Array(0x200000))))
      assert.match(String(line), /: 2097152 of 1048576$/)
    })
  )

  it.effect("its second program catches a refusal", () =>
    Effect.gen(function* () {
      const lines = yield* heard((wire) =>
        ServerPeer.answer(wire, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
      )
      assert.deepStrictEqual(lines, ["HTTP 403"])
    })
  )
})
