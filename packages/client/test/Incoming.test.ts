import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Incoming } from "../src/internal/Incoming.ts"
import { Phases } from "../src/internal/Phase.ts"

const incoming = (limits: { readonly inboxMessages?: number; readonly inboxBytes?: number }) =>
  new Incoming(new Phases(), { inboxMessages: 10, inboxBytes: 10, ...limits })

const kept = (incoming: Incoming) => incoming.take(99)

describe("what a connection that has ended still holds", () => {
  it.effect("is kept in order, behind what is kept already", () =>
    Effect.gen(function* () {
      const all = incoming({})
      all.keep(["a", "b"])
      all.keep(["c"])
      assert.deepStrictEqual(yield* all.take(1), ["a"])
      all.keep(["d"])
      assert.deepStrictEqual(yield* kept(all), ["b", "c", "d"])
      assert.strictEqual(all.notTaken, 0)
    })
  )

  it.effect("is dropped from its oldest on, beyond so many messages", () =>
    Effect.gen(function* () {
      const all = incoming({ inboxMessages: 2 })
      all.keep(["a", "b", "c"])
      all.keep(["d"])
      assert.deepStrictEqual(yield* kept(all), ["c", "d"])
      assert.strictEqual(all.notTaken, 2)
    })
  )

  it.effect("is dropped from its oldest on, beyond so many bytes", () =>
    Effect.gen(function* () {
      const all = incoming({ inboxBytes: 4 })
      all.keep(["aa", new Uint8Array(2), "cc"])
      assert.deepStrictEqual(yield* kept(all), [new Uint8Array(2), "cc"])
      all.keep(["dddd"])
      assert.deepStrictEqual(yield* kept(all), ["dddd"])
      assert.strictEqual(all.notTaken, 1)
    })
  )

  it.effect("is its last message at least", () =>
    Effect.gen(function* () {
      const all = incoming({ inboxBytes: 4 })
      all.keep(["a", "longer than that"])
      assert.deepStrictEqual(yield* kept(all), ["longer than that"])
      assert.strictEqual(all.notTaken, 1)
    })
  )
})
