/** What a session keeps of the context in which it was connected. */
import { setImmediate } from "node:timers/promises"
import { queryObjects } from "node:v8"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as References from "effect/References"
import * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import { SessionContext } from "../src/internal/SessionContext.ts"

class Service extends Context.Service<Service, { readonly is: string }>()("test/Service") {}

const within = (service: { readonly is: string }) =>
  Effect.context<never>().pipe(
    Effect.withSpan("connecting"),
    Effect.provideService(Service, service),
    Effect.provideService(Scope.Scope, Scope.makeUnsafe())
  )

describe("SessionContext", () => {
  it.effect("keeps nothing of the connecting: no span, no stack frame, no scope; and all else", () =>
    Effect.gen(function* () {
      const service = { is: "kept" }
      const context = yield* within(service)
      assert.isTrue(context.mapUnsafe.has(Tracer.ParentSpan.key))
      const own = new SessionContext().of(context)
      for (const { key } of [Tracer.ParentSpan, References.CurrentStackFrame, Scope.Scope]) {
        assert.isFalse(own.mapUnsafe.has(key), key)
      }
      assert.strictEqual(Context.getUnsafe(own, Service), service)
    })
  )

  it.effect("is one for all that were connected with the same services, the very same ones", () =>
    Effect.gen(function* () {
      const contexts = new SessionContext()
      const service = { is: "shared" }
      const first = contexts.of(yield* within(service))
      assert.strictEqual(contexts.of(yield* within(service)), first)
      assert.notStrictEqual(contexts.of(yield* within({ is: "shared" })), first)
      assert.notStrictEqual(contexts.of(Context.empty()), first)
    })
  )

  it.effect("is not held once nobody has it any more", () =>
    Effect.gen(function* () {
      class Held {
        readonly is = "held"
      }
      const contexts = new SessionContext()
      contexts.of(Context.make(Service, new Held()))
      // What was made, or looked at, lives to the end of its turn.
      yield* Effect.promise(() => setImmediate())
      assert.strictEqual(queryObjects(Held, { format: "count" }), 0)
      const own = contexts.of(Context.make(Service, new Held()))
      assert.strictEqual(Context.getUnsafe(own, Service).is, "held")
    })
  )
})
