/**
 * Where a program asked for a connection, which Effect shows below a failure. Capturing it takes a twentieth of the time of a
 * whole connection, so a program that opens hundreds in a second has it captured for some of them only. Putting it into a
 * fiber's context costs even more, so only a failure does that.
 */
import * as Effect from "effect/Effect"
import * as References from "effect/References"

/** Fails, and the failure shows where the call was. */
export type Fail = <E>(error: E) => Effect.Effect<never, E>

/** Captures the caller of the function `name`, which must call this directly. */
export const capture = (name: string): Fail => {
  if (!isDue()) return Effect.fail
  const limit = Errors.stackTraceLimit
  // Three frames: this function, the one that called it, and the program's call.
  Errors.stackTraceLimit = 3
  const site = new Error()
  Errors.stackTraceLimit = limit
  const stack = () => site.stack?.split("\n").at(3)?.trim()
  return (error) =>
    Effect.updateService(Effect.fail(error), References.CurrentStackFrame, (parent) => ({ name, stack, parent }))
}

/** Whether fewer than `maxPerSecond` were captured in this second. */
const isDue = (): boolean => {
  const second = Math.floor(performance.now() / 1000)
  captured = second === lastSecond ? captured + 1 : 1
  lastSecond = second
  return captured <= maxPerSecond
}

const maxPerSecond = 100
let lastSecond = 0
let captured = 0

/** `stackTraceLimit` is V8's. Elsewhere it does nothing. */
const Errors: ErrorConstructor & { stackTraceLimit?: number | undefined } = Error
