/** Which session gets what, and when: over sessions whose sends the test lets succeed or fail. */
import { assert, describe, it } from "@effect/vitest"
import type { Message } from "@effect-websocket/client"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { ConnectionClosed } from "../src/Errors.ts"
import { Replay } from "../src/internal/Replay.ts"
import { ReplayLog } from "../src/internal/ReplayLog.ts"
import { isWaiting, settle, start } from "./harness.ts"

const closed = new ConnectionClosed({ closeCode: 1006, closeReason: "", by: "network" })

/** A session that has each send wait. */
const session = () => {
  const sends: Array<{ readonly message: Message; readonly done: Deferred.Deferred<void, ConnectionClosed> }> = []
  const send = (message: Message) =>
    Effect.suspend(() => {
      const done = Deferred.makeUnsafe<void, ConnectionClosed>()
      sends.push({ message, done })
      return Deferred.await(done)
    })
  const last = () => sends.at(-1)!.done
  return {
    send,
    asked: () => sends.map(({ message }) => message).join(" "),
    accept: Effect.suspend(() => Effect.andThen(Deferred.succeed(last(), undefined), settle)),
    lose: Effect.suspend(() => Effect.andThen(Deferred.fail(last(), closed), settle))
  }
}

const made = Effect.gen(function* () {
  const log = new ReplayLog()
  const replay = new Replay(log, yield* Effect.scope)
  const append = (message: string) => {
    const entry = log.append(message)
    replay.wake()
    return entry
  }
  return { log, replay, append }
})

describe("replay", () => {
  it.effect("succeeds when what was there is accepted, whatever came since", () =>
    Effect.gen(function* () {
      const { append, replay } = yield* made
      append("a")
      append("b")
      const only = session()
      const replaying = yield* start(replay.onto(only))
      append("c")
      yield* only.accept
      assert.isTrue(yield* isWaiting(replaying))
      yield* only.accept
      yield* Fiber.join(replaying)
      assert.strictEqual(only.asked(), "a b c")
    })
  )

  it.effect("the options of a message go with it, every time", () =>
    Effect.gen(function* () {
      const { log, replay } = yield* made
      log.append("a", { compress: false })
      const options: Array<unknown> = []
      const send = (_: Message, sending?: unknown) => Effect.sync(() => void options.push(sending))
      yield* replay.onto({ send })
      yield* replay.onto({ send })
      assert.deepStrictEqual(options, [{ compress: false }, { compress: false }])
    })
  )

  it.effect("a session that takes another's place gets everything, also what the other is just accepting", () =>
    Effect.gen(function* () {
      const { append, replay } = yield* made
      const [first, second] = [session(), session()]
      const a = append("a")
      yield* start(replay.onto(first))
      yield* start(replay.onto(second))
      assert.isFalse(a.sent)
      yield* first.accept
      assert.isTrue(a.sent)
      assert.strictEqual(second.asked(), "a")
    })
  )

  it.effect("a session that is stalled does not keep the one in its place waiting, and is asked for nothing more", () =>
    Effect.gen(function* () {
      const { append, replay } = yield* made
      const [stalled, next] = [session(), session()]
      append("a")
      append("b")
      const replaced = yield* start(replay.onto(stalled))
      const replaying = yield* start(replay.onto(next))
      yield* next.accept
      yield* next.accept
      yield* Fiber.join(replaying)
      assert.isTrue(yield* isWaiting(replaced))
      yield* stalled.accept
      yield* Fiber.join(replaced)
      append("c")
      yield* settle
      assert.deepStrictEqual([stalled.asked(), next.asked()], ["a", "a b c"])
    })
  )

  it.effect("what a session dies with, whoever replays dies with", () =>
    Effect.gen(function* () {
      const { append, replay } = yield* made
      append("a")
      const exit = yield* Effect.exit(replay.onto({ send: () => Effect.die("out of memory") }))
      assert.deepStrictEqual(exit, Exit.die("out of memory"))
    })
  )

  it.effect("a session that is lost late does not disturb the one in its place", () =>
    Effect.gen(function* () {
      const { append, replay } = yield* made
      const [first, second] = [session(), session()]
      append("a")
      const lost = yield* start(Effect.flip(replay.onto(first)))
      const replaying = yield* start(replay.onto(second))
      yield* first.lose
      assert.strictEqual(yield* Fiber.join(lost), closed)
      yield* second.accept
      yield* Fiber.join(replaying)
      append("b")
      assert.strictEqual(second.asked(), "a b")
    })
  )

  it.effect("a session that is lost is asked for nothing more, and owed no farewell", () =>
    Effect.gen(function* () {
      const { append, log, replay } = yield* made
      const only = session()
      const a = append("a")
      const replaying = yield* start(replay.onto(only))
      yield* only.accept
      yield* Fiber.join(replaying)
      append("b")
      yield* only.lose
      append("c")
      log.remove(a, "bye")
      replay.wake()
      yield* settle
      assert.strictEqual(only.asked(), "a b")
      assert.strictEqual(log.nextNumber, 4)
    })
  )
})
