/**
 * From what makes a Node duplex to an open byte stream that its scope destroys, whatever happens on the way.
 */
import type { Duplex } from "node:stream"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import type { TransportError } from "../TransportError.ts"
import { NodeDuplex, type Opening } from "./NodeDuplex.ts"

/**
 * Creates a duplex and waits until it is open. The scope destroys it: that of a dial does so at once when it fails.
 *
 * What the scope holds knows the stream only, not what was dialled.
 */
export const open = <D extends Duplex>(opening: Opening<D>): Effect.Effect<NodeDuplex, TransportError, Scope.Scope> =>
  Effect.contextWith((context: Context.Context<Scope.Scope>) => {
    const place = new Place()
    const opened = Effect.suspend(() => {
      const stream = new NodeDuplex(opening)
      place.put(stream)
      return Effect.as(stream.opened, stream)
    })
    return Effect.andThen(Scope.addFinalizer(Context.get(context, Scope.Scope), place.closed), opened)
  })

/** Known to the scope before there is anything to destroy, so that nothing can come in between. */
class Place {
  private stream: NodeDuplex | undefined
  private isClosed = false

  /** Destroyed at once when the scope is closed already. */
  put(stream: NodeDuplex): void {
    this.stream = stream
    if (this.isClosed) stream.destroy()
  }

  get closed(): Effect.Effect<void> {
    return Effect.sync(() => {
      this.isClosed = true
      this.stream?.destroy()
    })
  }
}
