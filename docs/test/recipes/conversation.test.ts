import { assert, it } from "@effect/vitest"
import type { Connection } from "@effect-websocket/client"
import { Pair } from "@effect-websocket/client/testing"
import { Effect, Fiber } from "effect"

/** What is tested: a function that gets a connection. */
const greet = (socket: Connection) => Effect.andThen(socket.send("hello"), socket.receive)

it.effect("it says hello and takes the answer", () =>
  Effect.gen(function* () {
    const { server, socket } = yield* Pair.open()
    const greeting = yield* Effect.forkChild(greet(socket))
    assert.deepStrictEqual(yield* server.next, { _tag: "Message", message: "hello" })
    yield* server.send("good morning")
    assert.strictEqual(yield* Fiber.join(greeting), "good morning")
  })
)
