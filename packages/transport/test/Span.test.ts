import { assert, describe, it } from "@effect/vitest"
import { Refused, TransportError } from "@effect-websocket/transport"
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

  const failures: Record<string, readonly [type: string, failure: Effect.Effect<never, unknown>]> = {
    "the tag of an error": ["Refused", Effect.fail(new Refused({ address: "a.test:1" }))],
    "the tag of its reason": [
      "Refused",
      Effect.fail(new TransportError({ reason: new Refused({ address: "a.test:1" }) }))
    ],
    "what OpenTelemetry has for others": ["_OTHER", Effect.fail("no")],
    "an interruption": ["interrupted", Effect.interrupt],
    "a defect": ["died", Effect.die("a bug")]
  }
  for (const [name, [type, failure]] of Object.entries(failures)) {
    it.effect(`one that fails ends, and says why: ${name}`, () =>
      Effect.gen(function* () {
        const made: Array<Tracer.NativeSpan> = []
        const span = Span.use(
          "a stage",
          () => ({}),
          () => failure
        )
        yield* Effect.exit(Effect.provideService(span, Tracer.Tracer, keeping(made)))
        assert.strictEqual(made[0]?.status._tag, "Ended")
        assert.deepStrictEqual(Object.fromEntries(made[0]!.attributes), { "error.type": type })
      })
    )
  }

  it.effect("unless it was said inside", () =>
    Effect.gen(function* () {
      const made: Array<Tracer.NativeSpan> = []
      const span = Span.use(
        "a stage",
        () => ({}),
        (attribute) => {
          attribute("error.type", "404")
          return Effect.fail("no")
        }
      )
      yield* Effect.exit(Effect.provideService(span, Tracer.Tracer, keeping(made)))
      assert.deepStrictEqual(Object.fromEntries(made[0]!.attributes), { "error.type": "404" })
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
