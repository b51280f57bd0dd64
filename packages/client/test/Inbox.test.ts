/**
 * The hand-over between the reader and the program: who gets what, what is kept, and when the reader may go on. Every
 * order in which it can happen is in `Interleavings.test.ts`.
 */
import { assert, describe, it } from "@effect/vitest"
import type { Message } from "@effect-websocket/client"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Scheduler from "effect/Scheduler"
import { Inbox } from "../src/internal/Inbox.ts"
import { lengths, start } from "./harness.ts"

const limits = { inboxMessages: 4, inboxBytes: 100 }

const ending = { all: Cause.done(), some: Effect.fail("over") }

/** Has a fiber give way at its next step, when told so. */
class Impatient extends Scheduler.MixedScheduler {
  givesWay = false

  override shouldYield(): boolean {
    const { givesWay } = this
    this.givesWay = false
    return givesWay
  }
}

describe("taking", () => {
  it.effect("gives what was delivered, in order, as many as asked for", () =>
    Effect.gen(function* () {
      const inbox = new Inbox<Message, string>(limits, lengths)
      inbox.deliver(["a", "b", "c"])
      assert.deepStrictEqual(yield* inbox.take(2), ["a", "b"])
      inbox.deliver(["d"])
      assert.deepStrictEqual(yield* inbox.take(9), ["c", "d"])
    })
  )

  it.effect("all gives the very array that was decoded, whether it waited or not", () =>
    Effect.gen(function* () {
      const inbox = new Inbox<Message, string>(limits, lengths)
      const waiting = yield* start(inbox.takeAll)
      const decoded: Array<Message> = ["a", "b"]
      inbox.deliver(decoded)
      assert.strictEqual<unknown>(yield* Fiber.join(waiting), decoded)
    })
  )

  it.effect("one that gives way while it is given something, and is interrupted there, takes no other one along", () =>
    Effect.gen(function* () {
      const inbox = new Inbox<Message, string>(limits, lengths)
      const scheduler = new Impatient()
      const first = yield* start(Effect.provideService(inbox.take(1), Scheduler.Scheduler, scheduler))
      const second = yield* start(inbox.take(1))
      scheduler.givesWay = true
      inbox.deliver(["a"])
      assert.isUndefined(first.pollUnsafe())
      yield* Fiber.interrupt(first)
      inbox.deliver(["b"])
      assert.deepStrictEqual(yield* Fiber.join(second), ["b"])
    })
  )

  it.effect("a waiting taker runs inside the delivery", () =>
    Effect.gen(function* () {
      const inbox = new Inbox<Message, string>(limits, lengths)
      const seen: Array<unknown> = []
      yield* start(Effect.map(inbox.take(1), (messages) => seen.push(messages)))
      inbox.deliver(["a"])
      assert.deepStrictEqual(seen, [["a"]])
    })
  )

  it.effect("a delivery serves those who wait in the order they came, and keeps the rest", () =>
    Effect.gen(function* () {
      const inbox = new Inbox<Message, string>(limits, lengths)
      const first = yield* start(inbox.take(1))
      const second = yield* start(inbox.take(2))
      inbox.deliver(["a", "b", "c", "d"])
      assert.deepStrictEqual(yield* Fiber.join(first), ["a"])
      assert.deepStrictEqual(yield* Fiber.join(second), ["b", "c"])
      assert.deepStrictEqual(yield* inbox.takeAll, ["d"])
    })
  )

  it.effect("a taker that comes back inside the delivery goes on where it was", () =>
    Effect.gen(function* () {
      const inbox = new Inbox<Message, string>(limits, lengths)
      const seen: Array<Message> = []
      const one = Effect.map(inbox.take(1), ([message]) => seen.push(message))
      yield* start(Effect.forever(one, { disableYield: true }))
      inbox.deliver(["a", "b", "c"])
      inbox.deliver(["d", "e"])
      assert.deepStrictEqual(seen, ["a", "b", "c", "d", "e"])
      assert.isTrue(inbox.idle)
    })
  )
})

describe("the bounds", () => {
  it.effect("it is full at so many messages", () =>
    Effect.gen(function* () {
      const inbox = new Inbox<Message, string>({ inboxMessages: 2, inboxBytes: 100 }, lengths)
      inbox.deliver(["a"])
      assert.isFalse(inbox.full)
      assert.deepStrictEqual({ ...inbox.room() }, { messages: 1, bytes: 99 })
      inbox.deliver(["b"])
      assert.isTrue(inbox.full)
      yield* inbox.take(1)
      assert.isFalse(inbox.full)
    })
  )

  it.effect("it is full at so many bytes (UTF-16 units of texts); one message always fits", () =>
    Effect.gen(function* () {
      const inbox = new Inbox<Message, string>({ inboxMessages: 100, inboxBytes: 4 }, lengths)
      inbox.deliver([new Uint8Array(3)])
      assert.isFalse(inbox.full)
      inbox.deliver(["ö"])
      assert.isTrue(inbox.full)
      yield* inbox.take(1)
      assert.deepStrictEqual({ ...inbox.room() }, { messages: 99, bytes: 3 })
      inbox.deliver([new Uint8Array(1000)])
      assert.isTrue(inbox.full)
      yield* inbox.takeAll
      assert.deepStrictEqual({ ...inbox.room() }, { messages: 100, bytes: 4 })
    })
  )

  it.effect("the reader waits for room and goes on inside the take that makes it", () =>
    Effect.gen(function* () {
      const inbox = new Inbox<Message, string>({ inboxMessages: 1, inboxBytes: 100 }, lengths)
      inbox.deliver(["a"])
      let woken = false
      inbox.whenRoom(() => {
        woken = true
      })
      assert.isFalse(woken)
      yield* inbox.take(1)
      assert.isTrue(woken)
    })
  )

  it.effect("a take that leaves it full wakes nobody", () =>
    Effect.gen(function* () {
      const inbox = new Inbox<Message, string>({ inboxMessages: 2, inboxBytes: 100 }, lengths)
      inbox.deliver(["a", "b", "c"])
      let calls = 0
      inbox.whenRoom(() => {
        calls += 1
      })
      yield* inbox.take(1)
      assert.strictEqual(calls, 0)
      yield* inbox.take(1)
      assert.strictEqual(calls, 1)
    })
  )

  it.effect("wake ends the waits for room and for idleness, once; an interrupted one is forgotten", () =>
    Effect.gen(function* () {
      const inbox = new Inbox<Message, string>({ inboxMessages: 1, inboxBytes: 100 }, lengths)
      inbox.deliver(["a"])
      yield* Fiber.interrupt(yield* start(inbox.awaitIdle))
      let calls = 0
      inbox.whenRoom(() => {
        calls += 1
      })
      const idle = yield* start(inbox.awaitIdle)
      inbox.wake()
      inbox.wake()
      assert.strictEqual(calls, 1)
      yield* Fiber.join(idle)
    })
  )

  it.effect("constant work per message: 100,000 messages, one taken at a time", () =>
    Effect.gen(function* () {
      const inbox = new Inbox<Message, string>({ inboxMessages: 200_000, inboxBytes: 1e9 }, lengths)
      inbox.deliver(Array.from({ length: 100_000 }, (_, i) => String(i)))
      for (let i = 0; i < 100_000; i++) assert.strictEqual((yield* inbox.take(1))[0], String(i))
      assert.isTrue(inbox.room().messages === 200_000 && inbox.room().bytes === 1e9)
    })
  )
})

describe("idle", () => {
  it.effect("from the beginning, and not while messages wait", () =>
    Effect.gen(function* () {
      const inbox = new Inbox<Message, string>(limits, lengths)
      yield* inbox.awaitIdle
      inbox.deliver(["a"])
      assert.isFalse(inbox.idle)
    })
  )

  it.effect("what was taken is in somebody's hands until a taker waits again", () =>
    Effect.gen(function* () {
      const inbox = new Inbox<Message, string>(limits, lengths)
      inbox.deliver(["a", "b"])
      const idle = yield* start(inbox.awaitIdle)
      yield* inbox.take(1)
      yield* inbox.take(1)
      assert.isFalse(inbox.idle)
      assert.isUndefined(idle.pollUnsafe())
      yield* start(inbox.take(1))
      assert.isTrue(inbox.idle)
      yield* Fiber.join(idle)
    })
  )

  it.effect("what a waiting taker got is in its hands, too", () =>
    Effect.gen(function* () {
      const inbox = new Inbox<Message, string>(limits, lengths)
      const taker = yield* start(inbox.takeAll)
      assert.isTrue(inbox.idle)
      inbox.deliver(["a"])
      yield* Fiber.join(taker)
      assert.isFalse(inbox.idle)
    })
  )
})

describe("the end", () => {
  it.effect("comes after what is at hand; a stream ends, the others fail", () =>
    Effect.gen(function* () {
      const inbox = new Inbox<Message, string>(limits, lengths)
      inbox.deliver(["a"])
      inbox.end(ending)
      assert.deepStrictEqual(yield* inbox.takeAll, ["a"])
      assert.isTrue(Cause.isDone(yield* Effect.flip(inbox.takeAll)))
      assert.strictEqual(yield* Effect.flip(inbox.take(1)), "over")
    })
  )

  it.effect("a stream gets what is delivered after the end, too", () =>
    Effect.gen(function* () {
      const inbox = new Inbox<Message, string>(limits, lengths)
      const pull = inbox.takeAll
      inbox.end(ending)
      inbox.deliver(["a"])
      assert.deepStrictEqual(yield* pull, ["a"])
      assert.isTrue(Cause.isDone(yield* Effect.flip(pull)))
    })
  )

  it.effect("a second one changes nothing", () =>
    Effect.gen(function* () {
      const inbox = new Inbox<Message, string>(limits, lengths)
      inbox.end(ending)
      inbox.end({ all: Effect.fail("later"), some: Effect.fail("later") })
      assert.strictEqual(yield* Effect.flip(inbox.take(1)), "over")
    })
  )

  it.effect("reaches everyone who waits, also one who asks again at once", () =>
    Effect.gen(function* () {
      const inbox = new Inbox<Message, string>(limits, lengths)
      const stream = yield* start(Effect.flip(inbox.takeAll))
      const stubborn = yield* start(Effect.flip(Effect.catch(inbox.take(1), () => inbox.take(1))))
      inbox.end(ending)
      assert.isTrue(Cause.isDone(yield* Fiber.join(stream)))
      assert.strictEqual(yield* Fiber.join(stubborn), "over")
    })
  )
})
