/**
 * Opens a Node duplex as a byte stream. Its scope destroys it once it is open; until then, the fiber that opens it does. A
 * duplex that exists already (`adopt`) belongs to the scope from the beginning.
 */
import type { Duplex } from "node:stream"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { Reset, TransportError } from "../TransportError.ts"
import { NodeDuplex, type Opening } from "./NodeDuplex.ts"

/**
 * Creates a duplex and waits until it is open; from then on, the scope owns it. If this fails or is interrupted, the duplex is
 * destroyed at once, and the scope knows nothing of it. If the scope closes before the duplex is open, it is destroyed when it
 * is, and this fails. In a scope that is closed already, nothing is created.
 */
export const open = <D extends Duplex>(opening: Opening<D>): Effect.Effect<NodeDuplex, TransportError, Scope.Scope> =>
  Effect.contextWith((context: Context.Context<Scope.Scope>) => {
    const scope = Context.get(context, Scope.Scope)
    if (isClosed(scope)) return closed
    let stream: NodeDuplex | undefined
    const opened = Effect.suspend(() => {
      stream = new NodeDuplex(opening)
      return whenOpen(stream)
    })
    // Whatever happens after it is open, even an interruption before this fiber runs on, ends here.
    return Effect.onExitPrimitive(opened, (exit) => {
      if (Exit.isSuccess(exit) && !isClosed(scope)) return destroyedWith(scope, exit.value)
      stream?.destroy()
      return Exit.isSuccess(exit) ? closed : undefined
    })
  })

/**
 * Like `open`, for a duplex that exists already. Run it uninterruptibly, so that the scope always gets the duplex: only waiting
 * until it is open is interruptible, by `restore`.
 */
export const adopt = <D extends Duplex>(
  opening: Opening<D>,
  restore: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
): Effect.Effect<NodeDuplex, TransportError, Scope.Scope> => {
  const stream = new NodeDuplex(opening)
  return Effect.flatMap(Effect.scope, (scope) =>
    Effect.andThen(destroyedWith(scope, stream), restore(whenOpen(stream)))
  )
}

/** A separate function, so that the scope holds only the stream, not what was dialled. */
const destroyedWith = (scope: Scope.Scope, stream: NodeDuplex): Effect.Effect<void> =>
  Scope.addFinalizerExit(scope, () => {
    stream.destroy()
    return Effect.void
  })

const isClosed = (scope: Scope.Scope): boolean => scope.state._tag === "Closed"

/** How a stream fails whose scope has closed. */
const closed = Effect.suspend(() => Effect.fail(new TransportError({ reason: new Reset({}) })))

const whenOpen = (stream: NodeDuplex) =>
  Effect.callback<NodeDuplex, TransportError>((resume) =>
    stream.onOpened((failure) => resume(failure ?? Effect.succeed(stream)))
  )
