/** What Effect shows below a failure to connect: where the program asked for the connection. */
import { assert, describe, it } from "@effect/vitest"
import { WebSocket } from "@effect-websocket/client"
import { Refused } from "@effect-websocket/transport"
import { MemoryTransport } from "@effect-websocket/transport/testing"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"

const shown = (exit: Exit.Exit<unknown, unknown>) =>
  Exit.isFailure(exit) ? Cause.pretty(exit.cause) : assert.fail("it succeeded")

const site = /at WebSocket\.connect \(.*CallSite\.test\.ts:\d+:\d+\)/

describe("a failure to connect tells where the connection was asked for", () => {
  it.effect("of what is wrong before anything is dialled", () =>
    Effect.gen(function* () {
      const { layer } = yield* MemoryTransport.make()
      for (const connecting of [
        WebSocket.connect("http://a.test/"),
        WebSocket.connect("ws://a.test/", { host: "\n" })
      ]) {
        const exit = yield* Effect.exit(Effect.scoped(Effect.provide(connecting, layer)))
        assert.match(shown(exit), site)
      }
    })
  )

  it.effect("of what the dial came to, with where the caller was called from", () =>
    Effect.gen(function* () {
      const network = yield* MemoryTransport.make()
      const open = Effect.fn("open")(() => Effect.scoped(WebSocket.connect("ws://a.test/")))
      const fiber = yield* Effect.forkChild(Effect.exit(Effect.provide(open(), network.layer)))
      yield* network.refuse(new Refused({ address: "192.0.2.1:80" }))
      const text = shown(yield* Fiber.join(fiber))
      assert.match(text, site)
      assert.match(text, /at open \(.*CallSite\.test\.ts/)
    })
  )

  it("and leaves the limit of stack traces as it was", () => {
    const errors = Error as { stackTraceLimit?: number }
    const before = errors.stackTraceLimit ?? 10
    errors.stackTraceLimit = 7
    WebSocket.connect("ws://a.test/")
    const after = errors.stackTraceLimit
    errors.stackTraceLimit = before
    assert.strictEqual(after, 7)
  })

  it.effect("of a hundred in each second: more would cost too much", () =>
    Effect.gen(function* () {
      const { layer } = yield* MemoryTransport.make()
      const second = () => Math.floor(performance.now() / 1000)
      const begun = second()
      const calls = Array.from({ length: 500 }, () => WebSocket.connect("http://a.test/"))
      const seconds = second() - begun + 1
      const exits = yield* Effect.forEach(calls, (connecting) =>
        Effect.exit(Effect.scoped(Effect.provide(connecting, layer)))
      )
      const told = exits.filter((exit) => site.test(shown(exit))).length
      assert.isAbove(told, 0)
      assert.isAtMost(told, seconds * 100)
    })
  )
})
