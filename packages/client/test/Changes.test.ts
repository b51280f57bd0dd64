import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Changes } from "../src/internal/Changes.ts"
import { isWaiting, start } from "./harness.ts"

describe("Changes", () => {
  it.effect("wakes those who wait, in the order in which they came", () =>
    Effect.gen(function* () {
      const changes = new Changes()
      const order: Array<number> = []
      const wait = (n: number) => Effect.map(changes.after(changes.version), () => order.push(n))
      const fibers = [yield* start(wait(1)), yield* start(wait(2)), yield* start(wait(3))]
      yield* Fiber.interrupt(fibers[1]!)
      changes.changed()
      assert.deepStrictEqual(order, [1, 3])
    })
  )

  it.effect("does not wait if the change has happened already", () =>
    Effect.gen(function* () {
      const changes = new Changes()
      const { version } = changes
      changes.changed()
      yield* changes.after(version)
      assert.isTrue(yield* isWaiting(yield* start(changes.after(changes.version))))
    })
  )

  it.effect("looks again at each change until there is an answer", () =>
    Effect.gen(function* () {
      const changes = new Changes()
      let value = 0
      const waiting = yield* start(changes.until(() => (value > 1 ? value : undefined)))
      for (const next of [1, 2]) {
        assert.isTrue(yield* isWaiting(waiting))
        value = next
        changes.changed()
      }
      assert.strictEqual(yield* Fiber.join(waiting), 2)
    })
  )

  it.effect("keeps nobody who was woken or interrupted", () =>
    Effect.gen(function* () {
      const changes = new Changes()
      const { waiting } = changes as unknown as { waiting: Set<unknown> }
      const interrupted = yield* start(changes.after(changes.version))
      yield* start(changes.after(changes.version))
      yield* Fiber.interrupt(interrupted)
      assert.strictEqual(waiting.size, 1)
      changes.changed()
      assert.strictEqual(waiting.size, 0)
    })
  )
})
