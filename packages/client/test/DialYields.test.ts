/**
 * A dial that is interrupted wherever its fiber may give way to others: what connections share does not miss it, and keeps
 * nothing of it.
 */
import { assert, describe, it } from "@effect/vitest"
import { WebSocket } from "@effect-websocket/client"
import { Transport } from "@effect-websocket/transport"
import { MemoryTransport } from "@effect-websocket/transport/testing"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Scheduler from "effect/Scheduler"
import * as TestClock from "effect/testing/TestClock"
import * as Attendant from "../src/internal/Attendant.ts"
import { start } from "./harness.ts"

/** Gives way once, at that step of all that it runs, and tells. */
class GivesWayAt extends Scheduler.MixedScheduler {
  private steps = 0
  hasGivenWay = false
  private readonly step: number
  constructor(step: number) {
    super()
    this.step = step
  }

  override shouldYield(): boolean {
    this.steps += 1
    const gives = this.steps === this.step
    if (gives) this.hasGivenWay = true
    return gives
  }
}

describe("a dial that gives way and is interrupted there", () => {
  it.effect("leaves nothing behind, and deadlines of others hold", () =>
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      let gaveWay = 0
      for (let step = 1; step < 200; step++) {
        const network = yield* MemoryTransport.make()
        yield* Effect.gen(function* () {
          const attendant = Attendant.of(yield* Transport, clock)
          const connect = Effect.scoped(WebSocket.connect("ws://server.test/"))
          const scheduler = new GivesWayAt(step)
          const first = yield* start(Effect.provideService(connect, Scheduler.Scheduler, scheduler))
          if (scheduler.hasGivenWay) gaveWay += 1
          yield* Fiber.interrupt(first)
          const { all, alarms } = attendant as unknown as { all: Iterable<unknown>; alarms: { first: unknown } }
          assert.lengthOf([...all], 0, `attended after step ${step}`)
          assert.isTrue(alarms.first === undefined, `an alarm after step ${step}`)
          const second = yield* start(Effect.flip(connect))
          yield* TestClock.adjust("10 seconds")
          assert.isDefined(second.pollUnsafe(), `a deadline that holds after step ${step}`)
          assert.strictEqual((yield* Fiber.join(second)).reason._tag, "TimedOut")
        }).pipe(Effect.provide(network.layer))
      }
      assert.isAbove(gaveWay, 20)
    })
  )
})
