/**
 * What the fibers of a session run with: all that the program connected with, but for what belongs to connecting alone,
 * and would otherwise live as long as the connection: its span, its stack frame, the caller's scope. Connections that
 * were made with the same share one.
 */
import * as Context from "effect/Context"
import * as References from "effect/References"
import * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"

export class SessionContext {
  private last: Context.Context<never> = Context.empty()

  of(context: Context.Context<never>): Context.Context<never> {
    const own = withoutConnecting(context)
    if (!isSame(own, this.last)) this.last = own
    return this.last
  }
}

const withoutConnecting = Context.omit(Tracer.ParentSpan, References.CurrentStackFrame, Scope.Scope)

/** The very same services, not only equal ones: they may change. */
const isSame = (
  { mapUnsafe: some }: Context.Context<never>,
  { mapUnsafe: others }: Context.Context<never>
): boolean => {
  if (some.size !== others.size) return false
  for (const [key, service] of some) if (others.get(key) !== service) return false
  return true
}
