/**
 * How a long-lived client receives: takers follow its connections from one inbox to the next.
 *
 * While a connection is open they wait in its inbox, so nothing stands between its reads and them. Messages that nobody took
 * before the connection ended are kept here and come first, within the limits of one inbox. Beyond those, the oldest are
 * dropped and counted, so a client that takes nothing still reconnects.
 */
import type { NonEmptyReadonlyArray } from "effect/Array"
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"
import type { ClientReceiveError } from "../ClientErrors.ts"
import type { Message } from "../Connection.ts"
import type { Phases } from "./Phase.ts"

type Batch = NonEmptyReadonlyArray<Message>

export class Incoming {
  /** How many messages were dropped because nobody took them. */
  notTaken = 0
  private readonly phases: Phases
  private readonly limits: { readonly inboxMessages: number; readonly inboxBytes: number }
  private kept: Array<Message> = []
  private bytes = 0

  constructor(phases: Phases, limits: { readonly inboxMessages: number; readonly inboxBytes: number }) {
    this.phases = phases
    this.limits = limits
  }

  /** Takes all messages at hand. Waits if there are none. */
  readonly takeAll: Pull.Pull<Batch, ClientReceiveError> = this.taking(everything, "all")

  /** Takes at most `most` of the messages at hand. Waits if there are none. Fails at the end, even a clean one. */
  take(most: number): Effect.Effect<Batch, ClientReceiveError> {
    return this.taking(most, "some") as Effect.Effect<Batch, ClientReceiveError>
  }

  /** Keeps messages that an ended connection still held. */
  keep(messages: Batch): void {
    for (const message of messages) {
      this.kept.push(message)
      this.bytes += message.length
    }
    const { inboxBytes, inboxMessages } = this.limits
    let over = Math.max(0, this.kept.length - inboxMessages)
    for (const message of this.kept.slice(0, over)) this.bytes -= message.length
    while (this.bytes > inboxBytes && over < this.kept.length - 1) this.bytes -= this.kept[over++]!.length
    this.notTaken += over
    this.kept.splice(0, over)
    // Takers that wait for the next connection can have these.
    this.phases.changed()
  }

  /** `end` says which ending of `Over` applies: that of a stream (`all`) or of a number of messages (`some`). */
  private taking(most: number, end: "all" | "some"): Effect.Effect<Batch, ClientReceiveError | Cause.Done> {
    return Effect.suspend(() => {
      if (this.kept.length > 0) return Effect.succeed(this.takeKept(most))
      const { current: phase, version } = this.phases
      const next = () => Effect.flatMap(this.phases.after(version), () => this.taking(most, end))
      if (phase._tag === "Over") return phase[end]
      return phase._tag === "Up" ? Effect.catch(phase.connection.receiveN(most), next) : next()
    })
  }

  private takeKept(most: number): Batch {
    const taken = this.kept.splice(0, most)
    for (const message of taken) this.bytes -= message.length
    return taken as unknown as Batch
  }
}

/** How many messages `takeAll` asks for. */
const everything = Number.MAX_SAFE_INTEGER
