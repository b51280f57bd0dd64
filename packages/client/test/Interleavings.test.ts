/**
 * The two places where the program and the network meet, in every order in which it can happen: schedules of a few steps
 * are enumerated, and what must hold is asserted after each.
 */
import { assert, describe, it } from "@effect/vitest"
import type { Message } from "@effect-websocket/client"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { MaxOpsBeforeYield } from "effect/Scheduler"
import { Inbox } from "../src/internal/Inbox.ts"
import { lengths, start } from "./harness.ts"
import { made } from "./Sink.ts"

/** One step of a schedule; takers are named by a letter, at most one of a name at a time. */
type InboxStep = "deliver1" | "deliver2" | "takeA" | "allB" | "interruptA" | "interruptB" | "end"

const inboxSteps: ReadonlyArray<InboxStep> = [
  "deliver1",
  "deliver2",
  "takeA",
  "allB",
  "interruptA",
  "interruptB",
  "end"
]

describe("every interleaving of deliver, take, interrupt and end, with two takers", () => {
  it.effect("each message arrives exactly once, and those of one taker in order: 5 steps, 16,807 schedules", () =>
    Effect.gen(function* () {
      for (const schedule of schedules(5)) yield* playInbox(schedule)
    })
  )

  it.effect("each message arrives exactly once, and in order, also with takers that come back at once", () =>
    Effect.gen(function* () {
      for (const schedule of schedules(4)) yield* playInbox(schedule, { comeBack: true })
    })
  )
})

function* schedules(length: number): Generator<ReadonlyArray<InboxStep>> {
  if (length === 0) return yield []
  for (const before of schedules(length - 1)) for (const step of inboxSteps) yield [...before, step]
}

const playInbox = Effect.fnUntraced(function* (schedule: ReadonlyArray<InboxStep>, { comeBack = false } = {}) {
  const inbox = new Inbox<Message, string>(limits, lengths)
  const takers = new Map<string, Fiber.Fiber<unknown, unknown>>()
  const taken: Array<string> = []
  const perTaker = new Map<string, Array<number>>()
  let sent = 0
  let ended = false

  const note = (name: string) => (messages: ReadonlyArray<unknown>) => {
    taken.push(...messages.map(String))
    perTaker.set(name, [...(perTaker.get(name) ?? []), ...messages.map(Number)])
  }
  const taker = (name: string) => {
    const take = Effect.map(name === "A" ? inbox.take(1) : inbox.takeAll, note(name))
    return comeBack ? Effect.forever(take, { disableYield: true }) : take
  }
  const begin = Effect.fnUntraced(function* (name: string) {
    if (takers.get(name)?.pollUnsafe() === undefined && takers.has(name)) return
    takers.set(name, yield* start(Effect.exit(taker(name))))
  })
  const stop = Effect.fnUntraced(function* (name: string) {
    const fiber = takers.get(name)
    if (fiber !== undefined) yield* Fiber.interrupt(fiber)
  })

  for (const step of schedule) {
    if (step === "deliver1" && !ended) inbox.deliver([String(sent++)])
    if (step === "deliver2" && !ended) inbox.deliver([String(sent++), String(sent++)])
    if (step === "takeA") yield* begin("A")
    if (step === "allB") yield* begin("B")
    if (step === "interruptA") yield* stop("A")
    if (step === "interruptB") yield* stop("B")
    if (step === "end") {
      inbox.end(ending)
      ended = true
    }
  }
  inbox.end(ending)
  // Those who still waited were told; the rest is drained by a taker that comes last.
  const rest = Effect.map(inbox.takeAll, note("last"))
  const over = yield* Effect.exit(Effect.forever(rest, { disableYield: true }))
  assert.isTrue(Exit.isFailure(over))
  for (const fiber of takers.values()) assert.isDefined(fiber.pollUnsafe(), schedule.join(" "))
  assert.deepStrictEqual(
    taken.toSorted((a, b) => Number(a) - Number(b)),
    Array.from({ length: sent }, (_, i) => String(i)),
    schedule.join(" ")
  )
  for (const messages of perTaker.values()) {
    assert.deepStrictEqual(
      messages,
      messages.toSorted((a, b) => a - b),
      schedule.join(" ")
    )
  }
})

const limits = { inboxMessages: 4, inboxBytes: 100 }

const ending = { all: Cause.done(), some: Effect.fail("over") }

describe("senders that yield between any two steps", () => {
  /** 3 is the least that lets a fiber move at all. */
  const budgets = [3, 4, 5, 6, 7, 8]

  it.effect("keep the messages of a sendAll together", () =>
    Effect.gen(function* () {
      for (const budget of budgets) {
        const { outgoing, transport } = yield* made({ highWaterMark: 1 })
        const sendAll = (name: string) => outgoing.sendAll([0, 1, 2].map((i) => `${name}${i}`.repeat(0x8000)))
        const all = yield* Effect.forEach(["a", "b", "c"], sendAll, { concurrency: "unbounded" }).pipe(
          Effect.provideService(MaxOpsBeforeYield, budget),
          Effect.forkChild
        )
        while (all.pollUnsafe() === undefined) {
          transport.stall()
          yield* Effect.yieldNow
          transport.resume()
          yield* Effect.yieldNow
        }
        const order = transport.received().map((message) => String(message).slice(0, 2))
        assert.deepStrictEqual(order.toSorted(), ["a0", "a1", "a2", "b0", "b1", "b2", "c0", "c1", "c2"])
        for (let i = 0; i < 9; i += 3) {
          const together = [0, 1, 2].map((k) => `${order[i]![0]}${k}`)
          assert.deepStrictEqual(order.slice(i, i + 3), together)
        }
      }
    })
  )

  it.effect("do not miss the moment in which the transport drains", () =>
    Effect.gen(function* () {
      for (const budget of budgets) {
        const { outgoing, transport } = yield* made({ highWaterMark: 1 })
        for (let turns = 0; turns < 10; turns++) {
          transport.stall()
          yield* outgoing.send("x".repeat(0x10000))
          const sending = yield* Effect.forkChild(Effect.provideService(outgoing.send("y"), MaxOpsBeforeYield, budget))
          for (let turn = 0; turn < turns; turn++) yield* Effect.yieldNow
          transport.resume()
          yield* Fiber.join(sending)
        }
      }
    })
  )
})

/** One step of a schedule for three senders: `send("a")`, `send("b")` and `sendAll(["c", "d"])`. */
const sendSteps = [
  "begin0",
  "begin1",
  "begin2",
  "interrupt0",
  "interrupt1",
  "interrupt2",
  "admit",
  "stall",
  "resume"
] as const

describe("every interleaving of three senders, interruptions and a transport that fills and drains", () => {
  it.effect(
    "each message is sent whole or not at all, those that succeeded in the order they came: 6,561 schedules",
    () =>
      Effect.gen(function* () {
        for (const a of sendSteps)
          for (const b of sendSteps)
            for (const c of sendSteps) for (const d of sendSteps) yield* playSends([a, b, c, d])
      })
  )
})

const playSends = Effect.fnUntraced(function* (schedule: ReadonlyArray<(typeof sendSteps)[number]>) {
  const { outgoing, transport, running } = yield* made({ highWaterMark: 1 })
  transport.stall()
  const sends = [outgoing.send("a"), outgoing.send("b"), outgoing.sendAll(["c", "d"])]
  const texts = [["a"], ["b"], ["c", "d"]]
  const fibers = new Map<number, Fiber.Fiber<void, unknown>>()
  for (const step of schedule) {
    const sender = Number(step.at(-1))
    if (step.startsWith("begin") && !fibers.has(sender)) fibers.set(sender, yield* start(sends[sender]!))
    if (step.startsWith("interrupt") && fibers.has(sender)) yield* Fiber.interrupt(fibers.get(sender)!)
    if (step === "admit") transport.admit(3)
    if (step === "stall") transport.stall()
    if (step === "resume") transport.resume()
    outgoing.write()
  }
  transport.resume()
  outgoing.write()
  const expected: Array<string> = []
  for (const [sender, fiber] of fibers) {
    const exit = yield* Fiber.await(fiber)
    if (Exit.isSuccess(exit)) expected.push(...texts[sender]!)
  }
  outgoing.write()
  yield* Fiber.interrupt(running)
  assert.deepStrictEqual(transport.received(), expected, schedule.join(" "))
})
