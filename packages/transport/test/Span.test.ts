import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Tracer from "effect/Tracer"
import * as Span from "../src/Span.ts"

/** One span, and how often its options were asked for. */
const traced = Effect.fnUntraced(function* (tracer: (made: Array<Tracer.NativeSpan>) => Tracer.Tracer) {
  const made: Array<Tracer.NativeSpan> = []
  let asked = 0
  const options = () => {
    asked += 1
    return { kind: "client", attributes: { begun: 1 } } as const
  }
  const answer = yield* Span.use("a stage", options, (attribute) =>
    Effect.sync(() => {
      attribute("ended", 2)
      return "answer"
    })
  ).pipe(Effect.provideService(Tracer.Tracer, tracer(made)))
  return { answer, asked, made }
})

const keeping = (made: Array<Tracer.NativeSpan>) =>
  Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      made.push(span)
      return span
    }
  })

describe("Span", () => {
  it.effect("with a tracer, it is recorded with its attributes, and ended", () =>
    Effect.gen(function* () {
      const { answer, asked, made } = yield* traced(keeping)
      assert.deepStrictEqual([answer, asked], ["answer", 1])
      assert.deepStrictEqual(
        made.map(({ kind, name, status }) => [kind, name, status._tag]),
        [["client", "a stage", "Ended"]]
      )
      assert.deepStrictEqual(Object.fromEntries(made[0]!.attributes), { begun: 1, ended: 2 })
    })
  )

  it.effect("with Effect's own tracer, which keeps none, no span is made, and the answer is the same", () =>
    Effect.gen(function* () {
      const { answer, asked } = yield* traced(() => Tracer.nativeTracer)
      assert.deepStrictEqual([answer, asked], ["answer", 0])
    })
  )

  it.effect("around makes it the parent of spans inside, except with Effect's own tracer", () =>
    Effect.gen(function* () {
      const inner = Effect.map(Effect.currentSpan, ({ name }) => name)
      const outer = (tracer: Tracer.Tracer) =>
        Effect.withSpan(
          Effect.provideService(
            Span.around("connecting", () => inner),
            Tracer.Tracer,
            tracer
          ),
          "outside"
        )
      assert.strictEqual(yield* outer(keeping([])), "connecting")
      assert.strictEqual(yield* outer(Tracer.nativeTracer), "outside")
    })
  )
})
