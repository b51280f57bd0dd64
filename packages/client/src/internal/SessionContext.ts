/**
 * The context of a session's fibers: the program's, without what belongs to connecting alone (its span, its stack frame and the
 * caller's scope), which would otherwise live as long as the connection. Connections made with equal contexts share one.
 */
import * as Context from "effect/Context"
import * as References from "effect/References"
import * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"

export class SessionContext {
  /** Weak, so that only sessions keep it alive: the program may not need its services any more. */
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

/** Whether `own` is the context without what belongs to connecting. Services must be identical, since equal ones may change. */
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
