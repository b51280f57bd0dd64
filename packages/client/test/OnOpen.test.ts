/** What a program's `onOpen` may do, and what becomes of its failures. What a client does then: `ClientOnOpen.test.ts`. */
import { assert, describe, it } from "@effect/vitest"
import type { Connection } from "@effect-websocket/client"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import type { ClientFunctions } from "../src/ClientOptions.ts"
import * as OnOpen from "../src/internal/OnOpen.ts"
import { isWaiting, start } from "./harness.ts"

type Function = NonNullable<ClientFunctions<never>["onOpen"]>

/** Runs it on connection 7, with a timeout of 5 s. */
const run = (onOpen: Function, connection = {} as Connection, scope = Scope.makeUnsafe()) =>
  OnOpen.run(onOpen, { connection, generation: 7, scope, timeout: Duration.seconds(5) })

describe("OnOpen", () => {
  it.effect("gets the connection and its number, and returns nothing if it succeeds", () =>
    Effect.gen(function* () {
      const connection = {} as Connection
      let given: ReadonlyArray<unknown> = []
      const onOpen: Function = (...args) => {
        given = args
        return Effect.void
      }
      assert.isUndefined(yield* run(onOpen, connection))
      assert.strictEqual(given[0], connection)
      assert.strictEqual(given[1], 7)
    })
  )

  it.effect("what it acquires lives as long as the scope of the connection", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      let isReleased = false
      const release = () =>
        Effect.sync(() => {
          isReleased = true
        })
      yield* run(() => Effect.acquireRelease(Effect.void, release), undefined, scope)
      assert.isFalse(isReleased)
      yield* Scope.close(scope, Exit.void)
      assert.isTrue(isReleased)
    })
  )

  const faults: Record<
    string,
    { readonly onOpen: Function; readonly problem: "failed" | "died"; readonly isLogged: boolean }
  > = {
    "that fails is reported with its error": { onOpen: () => Effect.fail("no"), problem: "failed", isLogged: false },
    "that dies is reported with its defect, and logged": {
      onOpen: () => Effect.die("no"),
      problem: "died",
      isLogged: true
    },
    "that throws counts as one that dies": {
      onOpen: () => {
        throw "no"
      },
      problem: "died",
      isLogged: true
    }
  }

  for (const [name, { isLogged, onOpen, problem }] of Object.entries(faults)) {
    it.effect(name, () => {
      const logged: Array<unknown> = []
      return Effect.gen(function* () {
        assert.deepInclude(yield* run(onOpen), { _tag: "OnOpenFailed", generation: 7, problem, cause: "no" })
        assert.deepStrictEqual(logged, isLogged ? [["onOpen of a WebSocket client died", "no"]] : [])
      }).pipe(Effect.provide(Logger.layer([Logger.make(({ message }) => logged.push(message))])))
    })
  }

  it.effect("that takes longer than the timeout is interrupted and reported", () =>
    Effect.gen(function* () {
      let isInterrupted = false
      const forever = Effect.onInterrupt(Effect.never, () =>
        Effect.sync(() => {
          isInterrupted = true
        })
      )
      const running = yield* start(run(() => forever))
      yield* TestClock.adjust("4999 millis")
      assert.isTrue(yield* isWaiting(running))
      yield* TestClock.adjust("1 millis")
      const failed = yield* Fiber.join(running)
      assert.deepInclude(failed, { problem: "timed out", generation: 7 })
      assert.strictEqual(failed?.timeout && Duration.toMillis(failed.timeout), 5000)
      assert.isTrue(isInterrupted)
    })
  )
})
