/**
 * What follows a loss: whether there is another attempt, and when. It counts the attempts, steps through the delays, and
 * knows when both begin anew.
 */
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { LossCause } from "../ClientErrors.ts"
import type { ClientFunctions } from "../ClientOptions.ts"
import * as Reconnect from "../Reconnect.ts"
import type { Loss, LostMessages, StoppedBy } from "../Status.ts"
import { Backoff, type Delays } from "./Backoff.ts"
import type { Control } from "./Control.ts"
import type { Incoming } from "./Incoming.ts"
import type { Outbox } from "./Outbox.ts"
import type { Phases } from "./Phase.ts"
import type { StatusBoard } from "./StatusBoard.ts"

export interface LossParts<R> extends Pick<ClientFunctions<R>, "onLost"> {
  readonly delays: Delays<R>
  readonly uptime: Duration.Duration
  readonly maxRetryAfter: Duration.Duration
  readonly phases: Phases
  readonly incoming: Incoming
  readonly outbox: Outbox
  readonly status: StatusBoard
  readonly clock: Clock.Clock
}

/** Why there is no other attempt. */
export interface Ending {
  readonly by: StoppedBy
  readonly cause: LossCause | undefined
}

/** A loss as it is found. */
export type Lost = Pick<Loss, "cause" | "generation" | "uptime">

export class Losses<R> {
  /** Since the client was made, or a connection held. */
  attempt = 0
  /** The last loss, where the next attempt follows one. */
  cause: LossCause | undefined
  private readonly parts: LossParts<R>
  private readonly control: Control
  private readonly backoff: Backoff<R>
  private reported: LostMessages = { notSent: 0, unknown: 0, notTaken: 0 }

  constructor(parts: LossParts<R>, control: Control) {
    this.parts = parts
    this.control = control
    this.backoff = new Backoff(parts.delays)
  }

  nextAttempt(): number {
    return ++this.attempt
  }

  /** The next attempt counts as the first. */
  forget(): undefined {
    this.attempt = 0
    this.cause = undefined
    this.backoff.reset()
  }

  /** Decides what follows, and waits for it. Answers why nothing does. */
  after(lost: Lost): Effect.Effect<Ending | undefined, never, R> {
    return Effect.gen({ self: this }, function* () {
      const { clock, phases, status, uptime } = this.parts
      const { cause } = lost
      this.control.hurry = false
      if (lost.uptime === undefined) phases.move({ _tag: "Down", cause })
      else if (Duration.isGreaterThanOrEqualTo(lost.uptime, uptime)) this.forget()
      this.cause = cause
      const loss = { ...lost, attempt: this.attempt, retryAfter: askedToWait(cause), lost: this.report() }
      const decision = yield* this.decide(loss)
      if (decision === undefined) return undefined
      if (decision._tag === "Stop") return { by: hasDied(cause) ? "defect" : "onLost", cause }
      const delay = yield* this.delay(decision, loss)
      if (delay === undefined) return { by: "reconnect", cause }
      yield* status.set({ _tag: "Waiting", cause, delay, attempt: this.attempt + 1 })
      yield* Effect.raceFirst(clock.sleep(delay), this.control.disturbed)
      return undefined
    })
  }

  /** Undefined when the program wants no connection any more. */
  private decide(loss: Loss): Effect.Effect<Reconnect.Decision | undefined, never, R> {
    const { onLost, status } = this.parts
    if (onLost === undefined) return Effect.succeed(Reconnect.decide(loss))
    return Effect.andThen(
      status.set({ _tag: "Waiting", cause: loss.cause, delay: undefined, attempt: this.attempt + 1 }),
      Effect.raceFirst(onLost(loss), Effect.as(this.control.stopped, undefined))
    )
  }

  /** Undefined when the schedule has come to its end. */
  private delay(
    decision: Exclude<Reconnect.Decision, { readonly _tag: "Stop" }>,
    loss: Loss
  ): Effect.Effect<Duration.Duration | undefined, never, R> {
    if (decision._tag === "RetryAfter") return Effect.succeed(decision.delay)
    // On top of what the server asked for, so that not all of its clients come back at the same moment.
    const asked = Duration.min(loss.retryAfter ?? Duration.zero, this.parts.maxRetryAfter)
    return Effect.map(this.backoff.next(loss), (delay) =>
      delay === undefined ? undefined : Duration.sum(delay, asked)
    )
  }

  get lost(): LostMessages {
    const { incoming, outbox } = this.parts
    return { ...outbox.lost, notTaken: incoming.notTaken }
  }

  /** What was lost since the report before. */
  private report(): LostMessages {
    const { lost, reported } = this
    this.reported = lost
    return {
      notSent: lost.notSent - reported.notSent,
      unknown: lost.unknown - reported.unknown,
      notTaken: lost.notTaken - reported.notTaken
    }
  }
}

/** `onOpen` did. */
const hasDied = (cause: LossCause): boolean => cause._tag === "OnOpenFailed" && cause.problem === "died"

/** How long a server that refused wants to be left alone. */
const askedToWait = (cause: LossCause): Duration.Duration | undefined =>
  cause._tag === "ConnectError" && cause.reason._tag === "HandshakeRejected" ? cause.reason.retryAfter : undefined
