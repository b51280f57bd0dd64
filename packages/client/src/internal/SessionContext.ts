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
  /** Held by its sessions alone: the program may be done with what is in it, long before it connects again. */
  private last: WeakRef<Context.Context<never>> | undefined

  of(context: Context.Context<never>): Context.Context<never> {
    const last = this.last?.deref()
    if (last !== undefined && isOwn(last, context)) return last
    const own = withoutConnecting(context)
    this.last = new WeakRef(own)
    return own
  }
}

const connecting = [Tracer.ParentSpan, References.CurrentStackFrame, Scope.Scope] as const

const withoutConnecting = Context.omit(...connecting)

const ofConnecting: ReadonlySet<string> = new Set(connecting.map(({ key }) => key))

/** Whether it has what is left of the context, the very same services, not only equal ones: they may change. */
const isOwn = ({ mapUnsafe: own }: Context.Context<never>, { mapUnsafe: all }: Context.Context<never>): boolean => {
  let count = 0
  let isSame = true
  all.forEach((service, key) => {
    if (ofConnecting.has(key)) return
    isSame &&= own.has(key) && own.get(key) === service
    count += 1
  })
  return isSame && count === own.size
}
