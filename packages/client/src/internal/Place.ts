/**
 * What a connection has from its dial to its end: the services it was asked for with, and the scopes of its stream and of its
 * fibers. While it is dialled, the attendant attends its place, so that the deadline rings; then it attends the session.
 */
import type { Transport } from "@effect-websocket/transport"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Attendant from "./Attendant.ts"
import type { Entropy } from "./Entropy.ts"
import * as Meter from "./Meter.ts"
import * as Spans from "./Spans.ts"

export class Place implements Attendant.Attended {
  readonly attendant: Attendant.Attendant
  readonly clock: Clock.Clock
  /** The services that its fibers run with. */
  readonly context: Context.Context<never>
  readonly id: string
  readonly maskingKey: () => number
  readonly meter: Meter.Meter
  /** Owns the byte stream: closing it destroys the socket. */
  readonly streamScope: Scope.Closeable = Scope.makeUnsafe()
  /** Only the attendant writes it. */
  seat: number | undefined = undefined
  private fiberScope: Scope.Closeable | undefined = undefined

  constructor(context: Context.Context<never>, transport: typeof Transport.Service, maskingKey: Entropy["maskingKey"]) {
    this.clock = Context.get(context, Clock.Clock)
    this.attendant = Attendant.of(transport, this.clock)
    this.context = this.attendant.contexts.of(context)
    this.id = Spans.newId(maskingKey())
    this.maskingKey = maskingKey
    this.meter = Meter.of(context)
  }

  /** Owns the fibers of dialling, and then those of the session. Made on first use: most connections need no fiber. */
  get scope(): Scope.Closeable {
    this.fiberScope ??= Scope.makeUnsafe()
    return this.fiberScope
  }

  /** While it is dialled, nothing is started for it that could fail. */
  failed(): Effect.Effect<void> {
    return Effect.void
  }

  /** Closes both scopes. Returns what has to be run for that, if anything: that of the second runs even if the first dies. */
  close(exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> | undefined {
    const stream = Scope.closeUnsafe(this.streamScope, exit)
    if (this.fiberScope === undefined) {
      this.fiberScope = closed
      return stream
    }
    const fibers = Scope.closeUnsafe(this.fiberScope, exit)
    return stream && fibers ? Effect.ensuring(stream, fibers) : (stream ?? fibers)
  }
}

/** In place of a scope that nobody has used: what would be forked in it is interrupted before it starts. */
const closed = Scope.makeUnsafe()
Scope.closeUnsafe(closed, Exit.void)
