import { assert, describe, it } from "@effect/vitest"
import { FateUnknown } from "@effect-websocket/client"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { type Fate, Ledger } from "../src/internal/Ledger.ts"

const fates = (count: number): ReadonlyArray<Fate> => Array.from({ length: count }, () => Deferred.makeUnsafe())

const known = (fates: ReadonlyArray<Fate>) => fates.map((fate) => Deferred.isDoneUnsafe(fate))

describe("Ledger", () => {
  it.effect("completes the fates of messages that have left, in order", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const [first, second, third] = fates(3)
      ledger.accept(1, first)
      ledger.accept(2, undefined)
      ledger.accept(1, second)
      ledger.accept(1, third)
      ledger.flushed(4)
      assert.deepStrictEqual(known([first!, second!, third!]), [true, true, false])
      assert.strictEqual(ledger.unknown, 1)
      yield* Deferred.await(first!)
    })
  )

  it.effect("on a loss, fails all other fates, and returns how many messages may be lost", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const [first, second] = fates(2)
      ledger.accept(1, first)
      ledger.flushed(1)
      ledger.accept(3, undefined)
      ledger.accept(1, second)
      const error = new FateUnknown({})
      assert.strictEqual(ledger.lost(error), 4)
      yield* Deferred.await(first!)
      assert.strictEqual(yield* Effect.flip(Deferred.await(second!)), error)
      assert.deepStrictEqual([ledger.lost(error), ledger.unknown], [0, 0])
    })
  )
})
