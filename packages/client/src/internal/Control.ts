/**
 * What the program asked a long-lived client for, until the one who reconnects has seen to it.
 */
import * as Exit from "effect/Exit"
import { Changes } from "./Changes.ts"

export type Wanted =
  | { readonly _tag: "Run" }
  | { readonly _tag: "Pause" }
  /** For good, with these words to the peer. */
  | { readonly _tag: "Close"; readonly closeCode: number; readonly closeReason: string }
  /** For good, since the scope is left. */
  | { readonly _tag: "Leave"; readonly exit: Exit.Exit<unknown, unknown> }

export class Control extends Changes {
  wanted: Wanted = { _tag: "Run" }
  /** A new connection is wanted now. */
  hurry = false

  /** An end is never taken back: a first Close keeps its words, and leaving the scope ends everything. */
  want(wanted: Wanted): void {
    if (this.wanted._tag === "Leave" || (this.wanted._tag === "Close" && wanted._tag !== "Leave")) return
    this.wanted = wanted
    this.changed()
  }

  reconnectNow(): void {
    this.hurry = true
    this.changed()
  }

  /** Succeeds once the program wants something else than a connection. */
  readonly stopped = this.until(() => (this.wanted._tag === "Run" ? undefined : this.wanted))

  /** The same, or a new connection. */
  readonly disturbed = this.until(() => (this.wanted._tag !== "Run" || this.hurry ? true : undefined))

  /** Succeeds once the program wants a connection again, or none for good. */
  readonly resumed = this.until(() => (this.wanted._tag === "Pause" ? undefined : true))

  /** Succeeds once the scope was left by a failure or an interruption: nothing is worth a wait any more. */
  readonly abandoned = this.until(() =>
    this.wanted._tag === "Leave" && Exit.isFailure(this.wanted.exit) ? true : undefined
  )

  readonly left = this.until(() => (this.wanted._tag === "Leave" ? this.wanted : undefined))
}
