/**
 * Where a program asked for a connection, which Effect shows below a failure. Capturing it costs a microsecond. Putting it into
 * a fiber's context costs many, so only a failure does that.
 */
import * as Effect from "effect/Effect"
import * as References from "effect/References"

/** Fails, and the failure shows where the call was. */
export type Fail = <E>(error: E) => Effect.Effect<never, E>

/** Captures the caller of the function `name`, which must call this directly. */
export const capture = (name: string): Fail => {
  const limit = Errors.stackTraceLimit
  // Three frames: this function, the one that called it, and the program's call.
  Errors.stackTraceLimit = 3
  const site = new Error()
  Errors.stackTraceLimit = limit
  const stack = () => site.stack?.split("\n").at(3)?.trim()
  return (error) =>
    Effect.updateService(Effect.fail(error), References.CurrentStackFrame, (parent) => ({ name, stack, parent }))
}

/** `stackTraceLimit` is V8's. Elsewhere it does nothing. */
const Errors: ErrorConstructor & { stackTraceLimit?: number | undefined } = Error
