/**
 * Where a program asked for a connection: what Effect shows of it below a failure. To capture it costs a microsecond; only
 * a failure makes it part of a fiber's context, which costs many.
 */
import * as Effect from "effect/Effect"
import * as References from "effect/References"

/** Fails so that the failure tells where the call was. */
export type Fail = <E>(error: E) => Effect.Effect<never, E>

/** To be called by the function itself that is called so. */
export const capture = (name: string): Fail => {
  const limit = Errors.stackTraceLimit
  // The function above this one, and who called it.
  Errors.stackTraceLimit = 3
  const site = new Error()
  Errors.stackTraceLimit = limit
  const stack = () => site.stack?.split("\n").at(3)?.trim()
  return (error) =>
    Effect.updateService(Effect.fail(error), References.CurrentStackFrame, (parent) => ({ name, stack, parent }))
}

/** V8's. Elsewhere it means nothing, and does no harm. */
const Errors: ErrorConstructor & { stackTraceLimit?: number | undefined } = Error
