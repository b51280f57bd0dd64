import { assert, describe, it } from "@effect/vitest"
import { Server, ServerPeer } from "@effect-websocket/client/testing"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { vi } from "vitest"
import * as consumers from "../examples/programs/consumers.ts"
import * as promises from "../examples/programs/promises.ts"
import * as Blocks from "./Blocks.ts"
import { prints, serve } from "./Play.ts"
import { runToCtrlC } from "./run.ts"

const outputs = new Map(Blocks.of("docs/programs.md").map(({ file, output }) => [file, output]))

/** A server that says this to each client, and whether it got a Close with that code. */
const feed = Effect.fnUntraced(function* (...messages: ReadonlyArray<string>) {
  const closed = yield* Deferred.make<number | undefined>()
  const end = (server: ServerPeer.ServerPeer): Effect.Effect<void> =>
    Effect.flatMap(server.next, (event) => {
      if (event._tag === "End") return server.end
      return Effect.andThen(
        event._tag === "Close" ? Deferred.succeed(closed, event.closeCode) : Effect.void,
        end(server)
      )
    })
  const { url } = yield* Server.serve((server) => Effect.andThen(Effect.forEach(messages, server.send), end(server)))
  return { closed: Deferred.await(closed), url }
})

describe("docs/programs.md", { timeout: 30_000 }, () => {
  it.live("Ctrl-C says goodbye with 1001, and the program ends with 130", () =>
    Effect.gen(function* () {
      const { closed, url } = yield* feed("news")
      assert.deepStrictEqual(yield* runToCtrlC("examples/programs/listen.ts", url), {
        exitCode: 130,
        stdout: "news\n",
        stderr: ""
      })
      assert.strictEqual(yield* closed, 1001)
    })
  )

  it.effect("every consumer gets every message", () =>
    prints(consumers, outputs.get("examples/programs/consumers.ts"), (network) =>
      serve(network, (server) =>
        Effect.andThen(Effect.forEach(["+7.50", "-7.25", "+7.75"], server.send), server.close(1000))
      )
    )
  )

  it.live("a program of promises", () =>
    Effect.gen(function* () {
      const { closed, url } = yield* feed("ACME 7.50", "ACME 7.25")
      const log = vi.spyOn(console, "log").mockReturnValue()
      yield* Effect.addFinalizer(() => Effect.sync(() => log.mockRestore()))
      yield* Effect.promise(() => promises.main(url))
      assert.strictEqual(`${log.mock.calls.join("\n")}\n`, outputs.get("examples/programs/promises.ts"))
      assert.strictEqual(yield* closed, 1000)
    })
  )

  it.live("its promises are rejected with the error itself", () =>
    Effect.gen(function* () {
      const { url } = yield* Server.serve(ServerPeer.echo, { refuse: () => "HTTP/1.1 401 Unauthorized\r\n\r\n" })
      const error = yield* Effect.flip(Effect.tryPromise({ try: () => promises.main(url), catch: (error) => error }))
      assert.deepInclude(error, { _tag: "NotSent", why: "stopped" })
    })
  )
})
