/**
 * What follows a loss: whether there is another attempt, and when. It counts the attempts, steps through the delays, and
 * decides when both start over.
 */
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { LossCause } from "../ClientErrors.ts"
import type { ClientFunctions } from "../ClientOptions.ts"
import * as Reconnect from "../Reconnect.ts"
import type { Loss, LostMessages, Status, StoppedBy } from "../Status.ts"
import { Backoff, type Delays } from "./Backoff.ts"
import type { Incoming } from "./Incoming.ts"
import type { Intent } from "./Intent.ts"
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

/** Why the client stopped. */
export interface Ending {
  readonly by: StoppedBy
  readonly cause: LossCause | undefined
}

/** What `LongLived` knows about a loss. */
export type Lost = Pick<Loss, "cause" | "generation" | "uptime">

export class Losses<R> {
  /** How many attempts there were since the client was made, or since a connection lasted for `uptime`. */
  attempt = 0
  /** Why the last connection was lost, if the next attempt follows a loss. */
  cause: LossCause | undefined
  private readonly parts: LossParts<R>
  private readonly intent: Intent
  private readonly backoff: Backoff<R>
  private reported: LostMessages = { notSent: 0, unknown: 0, notTaken: 0 }

  constructor(parts: LossParts<R>, intent: Intent) {
    this.parts = parts
    this.intent = intent
    this.backoff = new Backoff(parts.delays)
  }

  nextAttempt(): number {
    return ++this.attempt
  }

  /** The next attempt counts as the first. */
  reset(): undefined {
    this.attempt = 0
    this.cause = undefined
    this.backoff.reset()
  }

  /** A connection was open for so long. */
  held(uptime: Duration.Duration): void {
    if (Duration.isGreaterThanOrEqualTo(uptime, this.parts.uptime)) this.reset()
  }

  /** The status until it is decided what follows. */
  deciding(cause: LossCause): Status {
    return { _tag: "Waiting", cause, delay: undefined, attempt: this.attempt + 1 }
  }

  /** Decides what follows, and waits until the next attempt is due. Returns why the client stops, if it does. */
  after(lost: Lost): Effect.Effect<Ending | undefined, never, R> {
    return Effect.gen({ self: this }, function* () {
      const { clock, phases, status } = this.parts
      const { cause } = lost
      this.intent.hurry = false
      if (lost.uptime === undefined) phases.move({ _tag: "Down", cause, isLast: false })
      this.cause = cause
      const loss = { ...lost, attempt: this.attempt, retryAfter: askedToWait(cause), lost: this.report() }
      const decision = yield* this.decide(loss)
      if (decision === undefined) return undefined
      if (decision._tag === "Stop") return { by: hasDied(cause) ? "defect" : "onLost", cause }
      const delay = yield* this.delay(decision, loss)
      if (delay === undefined) return { by: "reconnect", cause }
      yield* status.update({ _tag: "Waiting", cause, delay, attempt: this.attempt + 1 })
      yield* Effect.raceFirst(clock.sleep(delay), this.intent.disturbed)
      return undefined
    })
  }

  /** Returns undefined if the program stops or pauses the client meanwhile. */
  private decide(loss: Loss): Effect.Effect<Reconnect.Decision | undefined, never, R> {
    const { onLost, status } = this.parts
    if (onLost === undefined) return Effect.succeed(Reconnect.decide(loss))
    return Effect.andThen(
      status.update(this.deciding(loss.cause)),
      Effect.raceFirst(onLost(loss), Effect.as(this.intent.stopped, undefined))
    )
  }

  /** Returns undefined if the schedule has ended. */
  private delay(
    decision: Exclude<Reconnect.Decision, { readonly _tag: "Stop" }>,
    loss: Loss
  ): Effect.Effect<Duration.Duration | undefined, never, R> {
    if (decision._tag === "RetryAfter") return Effect.succeed(decision.delay)
    // The delay is added to what the server asked for, so that its clients do not all come back at the same moment.
    const asked = Duration.min(loss.retryAfter ?? Duration.zero, this.parts.maxRetryAfter)
    return Effect.map(this.backoff.next(loss), (delay) =>
      delay === undefined ? undefined : Duration.sum(delay, asked)
    )
  }

  get lost(): LostMessages {
    const { incoming, outbox } = this.parts
    return { ...outbox.lost, notTaken: incoming.notTaken }
  }

  /** What was lost since the last report. */
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

/** Whether `onOpen` died. */
const hasDied = (cause: LossCause): boolean => cause._tag === "OnOpenFailed" && cause.problem === "died"

/** The Retry-After of a server that refused. */
const askedToWait = (cause: LossCause): Duration.Duration | undefined =>
  cause._tag === "ConnectError" && cause.reason._tag === "HandshakeRejected" ? cause.reason.retryAfter : undefined
