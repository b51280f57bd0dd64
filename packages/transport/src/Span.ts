/**
 * Spans, for programs that trace. Effect's own tracer keeps none, so without another tracer nobody could see them. They are
 * then not made, since each would cost as much as a stage of a dial.
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Tracer from "effect/Tracer"

/** Sets an attribute of a span while it lasts. */
export type Attribute = (name: string, value: unknown) => void

/**
 * Runs an Effect with its own span, which does not become the parent of spans inside. `span` is undefined when nobody traces.
 */
export const use = <A, E, R>(
  name: string,
  options: () => Tracer.SpanOptionsNoTrace,
  evaluate: (attribute: Attribute, fiber: Fiber.Fiber<unknown, unknown>, span?: Tracer.Span) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.withFiber((fiber) => {
    if (fiber.getRef(Tracer.Tracer) === Tracer.nativeTracer) return evaluate(unseen, fiber)
    return Effect.useSpan(name, options(), (span) =>
      evaluate((name, value) => span.attribute(name, value), fiber, span)
    )
  })

/** The same, but the span is the parent of spans inside. */
export const around = <A, E, R>(
  name: string,
  evaluate: (attribute: Attribute, context: Context.Context<R>) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  use<A, E, R>(
    name,
    () => ({}),
    (attribute, { context }, span) => {
      const within = evaluate(attribute, context as Context.Context<R>)
      return span === undefined ? within : (Effect.provideService(within, Tracer.ParentSpan, span) as typeof within)
    }
  )

const unseen: Attribute = () => {}
