/** How long a client takes to end a connection, and what leaves before. What a program sees of it: `ClientOutbox.test.ts`. */
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as TestClock from "effect/testing/TestClock"
import * as ClientGoodbye from "../src/internal/ClientGoodbye.ts"
import { Intent } from "../src/internal/Intent.ts"
import { connected, isWaiting, settle, start } from "./harness.ts"

/** A goodbye to a peer that answers nothing, with an outbox that the test empties. */
const leaving = Effect.fnUntraced(function* (intend: (intent: Intent) => void, closeMillis = 10_000) {
  const deadlines = { closeTimeout: closeMillis, interruptCloseTimeout: 1000 }
  const { scope, server, socket, wire } = yield* connected({ deadlines, keepAlive: false }, { mute: true })
  const empty = yield* Deferred.make<void>()
  const intent = new Intent()
  intend(intent)
  const parts = {
    outbox: { emptied: Deferred.await(empty) },
    closeTimeout: Duration.millis(closeMillis),
    interruptCloseTimeout: Duration.seconds(1)
  }
  yield* start(ClientGoodbye.sendAndClose(socket, scope, intent, parts))
  const next = yield* start(server.next)
  yield* settle
  return { empty: Deferred.succeed(empty, undefined), intent, next, wire }
})

const closes = (intent: Intent) => intent.want({ _tag: "Close", closeCode: 4000, closeReason: "done" })
const pauses = (intent: Intent) => intent.want({ _tag: "Pause" })

describe("ClientGoodbye.sendAndClose", () => {
  it.effect("sends the Close once the outbox is empty, with the program's code and reason", () =>
    Effect.gen(function* () {
      const { empty, next } = yield* leaving(closes)
      yield* TestClock.adjust("5 seconds")
      assert.isTrue(yield* isWaiting(next))
      yield* empty
      yield* settle
      assert.deepStrictEqual(next.pollUnsafe(), Exit.succeed({ _tag: "Close", closeCode: 4000, closeReason: "done" }))
    })
  )

  it.effect("without words of the program, closes with 1000", () =>
    Effect.gen(function* () {
      const { empty, next } = yield* leaving(pauses)
      yield* empty
      yield* settle
      assert.deepStrictEqual(next.pollUnsafe(), Exit.succeed({ _tag: "Close", closeCode: 1000, closeReason: "" }))
    })
  )

  for (const [closeMillis, outboxMillis] of [
    [10_000, 9000],
    [1500, 750]
  ] as const) {
    it.effect(
      `of ${closeMillis} ms, an outbox that is not empty has ${outboxMillis}; then the connection is destroyed`,
      () =>
        Effect.gen(function* () {
          const { next, wire } = yield* leaving(closes, closeMillis)
          yield* TestClock.adjust(outboxMillis - 1)
          assert.isTrue(yield* isWaiting(next))
          yield* TestClock.adjust(1)
          assert.isFalse(yield* isWaiting(next))
          yield* TestClock.adjust(closeMillis - outboxMillis - 1)
          assert.isFalse(wire.isDestroyed())
          yield* TestClock.adjust(1)
          assert.isTrue(wire.isDestroyed())
        })
    )
  }

  it.effect("for a new connection, closes at once, and waits no longer than after a loss", () =>
    Effect.gen(function* () {
      const { next, wire } = yield* leaving((intent) => intent.reconnectNow())
      assert.isFalse(yield* isWaiting(next))
      yield* TestClock.adjust(999)
      assert.isFalse(wire.isDestroyed())
      yield* TestClock.adjust(1)
      assert.isTrue(wire.isDestroyed())
    })
  )

  it.effect("does not wait for the outbox any more once the scope is left by an interruption", () =>
    Effect.gen(function* () {
      const { intent, next, wire } = yield* leaving(closes)
      assert.isTrue(yield* isWaiting(next))
      intent.want({ _tag: "Leave", exit: Exit.interrupt() })
      assert.isFalse(yield* isWaiting(next))
      yield* TestClock.adjust("1 second")
      assert.isTrue(wire.isDestroyed())
    })
  )
})
