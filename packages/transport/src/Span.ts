/**
 * Spans, for programs that trace. Effect's own tracer keeps none, so without another tracer nobody could see them. They are
 * then not made, since each would cost as much as a stage of a dial.
 */
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Tracer from "effect/Tracer"
import { errorType } from "./internal/SpanAttributes.ts"

/** Sets an attribute of a span while it lasts. */
export type Attribute = (name: string, value: unknown) => void

/**
 * Runs an Effect with its own span, which does not become the parent of spans inside. `span` is undefined when nobody traces.
 * If the Effect fails, the span says why in `error.type`, unless the Effect has said that itself.
 */
export const use = <A, E, R>(
  name: string,
  options: () => Tracer.SpanOptionsNoTrace,
  evaluate: (attribute: Attribute, fiber: Fiber.Fiber<unknown, unknown>, span?: Tracer.Span) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.withFiber((fiber) => {
    if (fiber.getRef(Tracer.Tracer) === Tracer.nativeTracer) return evaluate(unseen, fiber)
    return Effect.useSpan(name, options(), (span) =>
      Effect.onExitPrimitive(
        evaluate((name, value) => span.attribute(name, value), fiber, span),
        (exit) => {
          if (Exit.isFailure(exit) && !span.attributes.has(errorType)) span.attribute(errorType, typeOf(exit.cause))
          return undefined
        }
      )
    )
  })

/** The tag of the reason, or else of the error. */
const typeOf = (cause: Cause.Cause<unknown>): string => {
  const failed = Cause.findFail(cause)
  if (Result.isFailure(failed)) return Cause.hasDies(cause) ? "died" : "interrupted"
  const { error } = failed.success
  const told = Predicate.hasProperty(error, "reason") ? error.reason : error
  return Predicate.hasProperty(told, "_tag") ? String(told._tag) : "_OTHER"
}

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
