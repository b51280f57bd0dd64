/**
 * The messages that one connection accepted and that may not have left yet: how many there are, and who waits for their fate.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { FateUnknown, NotSent } from "../ClientErrors.ts"

export type Fate = Deferred.Deferred<void, NotSent | FateUnknown>

export class Ledger {
  /** How many messages the connection accepted. */
  accepted = 0
  private left = 0
  /** In order: each is decided once `at` messages have left. */
  private fates: Array<{ readonly at: number; readonly fate: Fate }> = []

  accept(messages: number, fate: Fate | undefined): void {
    this.accepted += messages
    if (fate !== undefined) this.fates.push({ at: this.accepted, fate })
  }

  /** How many messages may still be on their way to the kernel. */
  get unknown(): number {
    return this.accepted - this.left
  }

  /** This many of the accepted messages were handed to the kernel. */
  flushed(messages: number): void {
    this.left = messages
    const pending = this.fates.findIndex(({ at }) => at > messages)
    for (const { fate } of this.fates.splice(0, pending < 0 ? this.fates.length : pending)) settle(fate, Effect.void)
  }

  /** The connection was lost. Returns how many messages may have been lost with it. */
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
