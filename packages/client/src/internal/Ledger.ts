/**
 * The messages that one connection accepted and that are not known to have left: how many there are, and who wants to
 * know what becomes of them.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { FateUnknown, NotSent } from "../ClientErrors.ts"

export type Fate = Deferred.Deferred<void, NotSent | FateUnknown>

export class Ledger {
  /** Messages that the connection accepted. */
  accepted = 0
  private left = 0
  /** Who waits, in order, and for how many messages to have left. */
  private fates: Array<{ readonly at: number; readonly fate: Fate }> = []

  accept(messages: number, fate: Fate | undefined): void {
    this.accepted += messages
    if (fate !== undefined) this.fates.push({ at: this.accepted, fate })
  }

  /** Messages that may still be on their way to the kernel. */
  get unknown(): number {
    return this.accepted - this.left
  }

  /** So many of the accepted messages were handed to the kernel. */
  flushed(messages: number): void {
    this.left = messages
    const pending = this.fates.findIndex(({ at }) => at > messages)
    for (const { fate } of this.fates.splice(0, pending < 0 ? this.fates.length : pending)) settle(fate, Effect.void)
  }

  /** The connection was lost. Answers how many messages may have been lost with it. */
  lost(error: FateUnknown): number {
    for (const { fate } of this.fates.splice(0)) settle(fate, Effect.fail(error))
    const { unknown } = this
    this.left = this.accepted
    return unknown
  }
}

export const settle = (fate: Fate | undefined, outcome: Effect.Effect<void, NotSent | FateUnknown>): void => {
  if (fate !== undefined) Deferred.doneUnsafe(fate, outcome)
}
