/**
 * What the program wants of a long-lived client. `LongLived` looks at it and acts on it.
 */
import * as Exit from "effect/Exit"
import { Changes } from "./Changes.ts"

export type Wanted =
  | { readonly _tag: "Run" }
  | { readonly _tag: "Pause" }
  /** Stop for good, with this code and reason in the Close. */
  | { readonly _tag: "Close"; readonly closeCode: number; readonly closeReason: string }
  /** Stop for good, since the program leaves the scope. */
  | { readonly _tag: "Leave"; readonly exit: Exit.Exit<unknown, unknown> }

export class Intent extends Changes {
  wanted: Wanted = { _tag: "Run" }
  /** The program called `reconnectNow`. */
  hurry = false

  /** Stopping cannot be undone: the first Close counts, and only leaving the scope replaces it. */
  want(wanted: Wanted): void {
    if (this.wanted._tag === "Leave" || (this.wanted._tag === "Close" && wanted._tag !== "Leave")) return
    this.wanted = wanted
    this.changed()
  }

  reconnectNow(): void {
    this.hurry = true
    this.changed()
  }

  /** Succeeds once the program wants no connection: it paused or stopped the client. */
  readonly stopped = this.until(() => (this.wanted._tag === "Run" ? undefined : this.wanted))

  /** Succeeds also on `reconnectNow`. */
  readonly disturbed = this.until(() => (this.wanted._tag !== "Run" || this.hurry ? true : undefined))

  /** Succeeds once the client is resumed or stopped. */
  readonly resumed = this.until(() => (this.wanted._tag === "Pause" ? undefined : true))

  /** Succeeds once the scope was left by a failure or an interruption: then nothing is waited for. */
  readonly abandoned = this.until(() =>
    this.wanted._tag === "Leave" && Exit.isFailure(this.wanted.exit) ? true : undefined
  )

  readonly left = this.until(() => (this.wanted._tag === "Leave" ? this.wanted : undefined))
}
