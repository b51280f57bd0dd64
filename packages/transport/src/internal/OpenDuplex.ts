/**
 * Opens a Node duplex as a byte stream that its scope destroys, whatever happens on the way.
 */
import type { Duplex } from "node:stream"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { TransportError } from "../TransportError.ts"
import { NodeDuplex, type Opening } from "./NodeDuplex.ts"

/**
 * Creates a duplex and waits until it is open. The scope destroys it. If this fails or is interrupted, it is destroyed at once,
 * and nothing is left in the scope.
 *
 * The scope's finalizer holds only the stream, not what was dialled.
 */
export const open = <D extends Duplex>(opening: Opening<D>): Effect.Effect<NodeDuplex, TransportError, Scope.Scope> =>
  Effect.contextWith((context: Context.Context<Scope.Scope>) => {
    const scope = Scope.forkUnsafe(Context.get(context, Scope.Scope))
    const slot = new Slot(scope)
    const opened = Effect.callback<NodeDuplex, TransportError>((resume) => {
      const stream = new NodeDuplex(opening)
      slot.put(stream)
      stream.onOpened((failure) => {
        if (failure !== undefined) slot.giveUp()
        resume(failure ?? Effect.succeed(stream))
      })
      return Effect.sync(() => slot.giveUp())
    })
    return Effect.andThen(Scope.addFinalizerExit(scope, slot.close), opened)
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
  return Effect.andThen(destroyedWithScope(stream), restore(whenOpen(stream)))
}

const destroyedWithScope = (stream: NodeDuplex) =>
  Effect.flatMap(Effect.scope, (scope) =>
    Scope.addFinalizer(
      scope,
      Effect.sync(() => stream.destroy())
    )
  )

const whenOpen = (stream: NodeDuplex) =>
  Effect.callback<NodeDuplex, TransportError>((resume) =>
    stream.onOpened((failure) => resume(failure ?? Effect.succeed(stream)))
  )

/** What the scope holds before the stream exists, so that an interruption can never miss it. */
class Slot {
  private readonly scope: Scope.Closeable
  private stream: NodeDuplex | undefined
  private isClosed = false

  constructor(scope: Scope.Closeable) {
    this.scope = scope
  }

  /** Destroys the stream at once if the scope is closed already. */
  put(stream: NodeDuplex): void {
    this.stream = stream
    if (this.isClosed) stream.destroy()
  }

  readonly close = (): Effect.Effect<void> => {
    this.isClosed = true
    this.stream?.destroy()
    return Effect.void
  }

  /** Closes the scope, so that nothing is left in it, and destroys the stream. */
  giveUp(): void {
    Scope.closeUnsafe(this.scope, Exit.void)
    this.stream?.destroy()
  }
}
