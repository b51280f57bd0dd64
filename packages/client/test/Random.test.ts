/**
 * Whole connections under random schedules: seeds are fixed, so a failure repeats. Whatever the program, the peer and
 * the network do in whatever order, messages arrive in order and once, what was sent is whole, everyone who waits is
 * told, and nothing is left.
 */
import { assert, describe, it } from "@effect/vitest"
import type { Message } from "@effect-websocket/client"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { connected, settle, start, violation } from "./harness.ts"

describe("random schedules", () => {
  for (const seeds of [100, 200, 300, 400]) {
    it.effect(`seeds ${seeds} to ${seeds + 99}`, () =>
      Effect.gen(function* () {
        for (let seed = seeds; seed < seeds + 100; seed++) yield* play(seed)
      })
    )
  }
})

const play = Effect.fnUntraced(function* (seed: number) {
  const random = mulberry32(seed)
  const below = (n: number) => Math.floor(random() * n)
  const all = yield* connected(
    { limits: { inboxMessages: 1 + below(4) }, keepAlive: random() < 0.5 ? false : { interval: 5000, timeout: 3000 } },
    { highWaterMark: 1 + below(40), mute: random() < 0.2, compression: random() < 0.3 }
  )
  const { leave, server, socket, wire } = all
  const told = `seed ${seed}`

  let sent = 0
  let serverClosed = false
  /** The server read our Close. */
  let goodbye = false
  const received: Array<Message> = []
  const arrived: Array<string> = []
  const sends: Array<{ readonly name: string; readonly fiber: Fiber.Fiber<void, unknown> }> = []
  const waiting: Array<Fiber.Fiber<unknown, unknown>> = []
  const watch = <A, E>(effect: Effect.Effect<A, E>) => Effect.map(start(effect), (fiber) => waiting.push(fiber))

  const receiving = Effect.forever(
    Effect.map(socket.receiveN(1 + below(3)), (messages) => received.push(...messages)),
    { disableYield: true }
  )
  const serving = yield* start(
    Effect.forever(
      Effect.flatMap(server.next, (event) => {
        if (event._tag === "Message") arrived.push(String(event.message))
        if (event._tag === "Close") goodbye = true
        return event._tag === "End" ? Effect.never : Effect.void
      }),
      { disableYield: true }
    )
  )
  const message = () => server.send(`${sent++}`)
  const steps: ReadonlyArray<() => Effect.Effect<unknown, unknown>> = [
    () => (serverClosed ? Effect.void : message()),
    () => (serverClosed ? Effect.void : server.together([message(), message(), message()])),
    () => server.ping(Uint8Array.of(below(256))),
    () =>
      random() < 0.1
        ? Effect.sync(() => (serverClosed = true)).pipe(Effect.andThen(server.close(1000 + below(2))))
        : Effect.void,
    () => (random() < 0.05 ? server.end : Effect.void),
    () => (random() < 0.05 ? Effect.sync(() => wire.reset()) : Effect.void),
    () =>
      random() < 0.05
        ? Effect.andThen(
            Effect.sync(() => (serverClosed = true)),
            server.write(violation)
          )
        : Effect.void,
    () => Effect.sync(() => wire.stall()),
    () => Effect.sync(() => wire.admit(below(30))),
    () => Effect.sync(() => wire.resume()),
    () => settle,
    () => TestClock.adjust(below(3000)),
    () =>
      Effect.gen(function* () {
        const name = `m${sends.length}`
        sends.push({ name, fiber: yield* start(socket.send(name)) })
      }),
    () => (sends.length > 0 ? Fiber.interrupt(sends[below(sends.length)]!.fiber) : Effect.void),
    () => Effect.map(socket.receive, (one) => received.push(one)).pipe(Effect.timeoutOption(1 + below(2000)), start),
    () => watch(receiving),
    () => (waiting.length > 0 ? Fiber.interrupt(waiting[below(waiting.length)]!) : Effect.void),
    () => watch(socket.ping()),
    () => watch(socket.flush),
    () => watch(socket.closed),
    () => (random() < 0.05 ? watch(socket.close(4000)) : Effect.void),
    () => (random() < 0.03 ? socket.abort : Effect.void)
  ]
  for (let n = 0; n < 60; n++) yield* steps[below(steps.length)]!()

  // The scope is left, whatever goes on meanwhile: within its bound everything has to be over.
  const before = yield* start(leave([Exit.void, Exit.interrupt(), Exit.fail("x")][below(3)]!))
  const destroyed = yield* start(Effect.map(socket.closed, () => wire.isDestroyed()))
  for (let n = 0; n < 20; n++) yield* steps[below(steps.length)]!()
  yield* TestClock.adjust("10 seconds")
  assert.isDefined(before.pollUnsafe(), `${told}: leaving takes too long`)
  assert.isTrue(wire.isDestroyed(), told)
  assert.isTrue(yield* Fiber.join(destroyed), `${told}: told before the socket is destroyed`)
  const record = yield* socket.closed
  yield* Effect.exit(receiving)
  yield* settle
  for (const fiber of waiting) assert.isDefined(fiber.pollUnsafe(), `${told}: somebody still waits`)
  for (const { fiber } of sends) assert.isDefined(fiber.pollUnsafe(), `${told}: a send still waits`)

  const expected = Array.from({ length: sent }, (_, i) => `${i}`)
  assert.deepStrictEqual(received, expected.slice(0, received.length), `${told}: a gap, a repetition or a wrong order`)
  const accepted = sends.flatMap(({ fiber, name }) => (Exit.isSuccess(fiber.pollUnsafe()!) ? [name] : []))
  assert.deepStrictEqual(arrived, accepted.slice(0, arrived.length), `${told}: not what was sent`)
  if (goodbye) assert.deepStrictEqual(arrived, accepted, `${told}: accepted, and overtaken by our Close`)
  if (record.clean && record.by === "peer") {
    assert.deepStrictEqual(received, expected, `${told}: lost on a clean connection`)
  }
  yield* Fiber.interrupt(serving)
})

/** A small generator of numbers from 0 to 1, the same for the same seed. */
const mulberry32 = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}
