import { assert, describe, it } from "@effect/vitest"
import { ConnectionClosed, type Loss } from "@effect-websocket/client"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { Backoff } from "../src/internal/Backoff.ts"

const loss: Loss = {
  cause: new ConnectionClosed({ closeCode: 1006, closeReason: "", by: "network" }),
  generation: 1,
  uptime: Duration.zero,
  attempt: 1,
  retryAfter: undefined,
  lost: { notSent: 0, unknown: 0, notTaken: 0 }
}

const delays = (backoff: Backoff<never>, count: number) =>
  Effect.forEach(Array.from({ length: count }), () =>
    Effect.map(backoff.next(loss), (delay) => delay && Duration.toMillis(delay))
  )

describe("Backoff", () => {
  it.effect("steps through the delays, and from the first again after a reset", () =>
    Effect.gen(function* () {
      const backoff = new Backoff(Schedule.exponential(10))
      assert.deepStrictEqual(yield* delays(backoff, 3), [10, 20, 40])
      backoff.reset()
      assert.deepStrictEqual(yield* delays(backoff, 2), [10, 20])
    })
  )

  it.effect("has no delay after the last", () =>
    Effect.gen(function* () {
      const backoff = new Backoff(Schedule.recurs(2))
      assert.deepStrictEqual(yield* delays(backoff, 4), [0, 0, undefined, undefined])
    })
  )

  it.effect("gives the schedule each loss", () =>
    Effect.gen(function* () {
      const schedule = Schedule.spaced(1).pipe(
        Schedule.setInputType<Loss>(),
        Schedule.while(({ input }) => Effect.succeed(input.cause._tag !== "ConnectionClosed"))
      )
      assert.deepStrictEqual(yield* delays(new Backoff(schedule), 1), [undefined])
    })
  )
})
