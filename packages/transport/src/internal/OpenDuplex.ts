/**
 * From what makes a Node duplex to an open byte stream that its scope destroys, whatever happens on the way.
 */
import type { Duplex } from "node:stream"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { TransportError } from "../TransportError.ts"
import { NodeDuplex, type Opening } from "./NodeDuplex.ts"

/**
 * Creates a duplex and waits until it is open. The scope destroys it; a dial that fails or is interrupted does so at once,
 * and leaves nothing in the scope.
 *
 * What the scope holds knows the stream only, not what was dialled.
 */
export const open = <D extends Duplex>(opening: Opening<D>): Effect.Effect<NodeDuplex, TransportError, Scope.Scope> =>
  Effect.contextWith((context: Context.Context<Scope.Scope>) => {
    const scope = Scope.forkUnsafe(Context.get(context, Scope.Scope))
    const place = new Place(scope)
    const opened = Effect.callback<NodeDuplex, TransportError>((resume) => {
      const stream = new NodeDuplex(opening)
      place.put(stream)
      stream.onOpened((failure) => {
        if (failure !== undefined) place.giveUp()
        resume(failure ?? Effect.succeed(stream))
      })
      return Effect.sync(() => place.giveUp())
    })
    return Effect.andThen(Scope.addFinalizerExit(scope, place.close), opened)
  })

/**
 * The same of a duplex that is there already. The scope knows it before anything can come in between, if the caller is not
 * interruptible: only waiting is, by `restore`.
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

/** Known to the scope before there is anything to destroy, so that nothing can come in between. */
class Place {
  private readonly scope: Scope.Closeable
  private stream: NodeDuplex | undefined
  private isClosed = false

  constructor(scope: Scope.Closeable) {
    this.scope = scope
  }

  /** Destroyed at once when the scope is closed already. */
  put(stream: NodeDuplex): void {
    this.stream = stream
    if (this.isClosed) stream.destroy()
  }

  readonly close = (): Effect.Effect<void> => {
    this.isClosed = true
    this.stream?.destroy()
    return Effect.void
  }

  /** What its scope would do is done here. */
  giveUp(): void {
    Scope.closeUnsafe(this.scope, Exit.void)
    this.stream?.destroy()
  }
}
