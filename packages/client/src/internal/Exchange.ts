/**
 * What runs under `Requests`: one fiber that reads and tells responses from other messages, and each request from the wait
 * for its turn to its response.
 */
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Queue from "effect/Queue"
import type * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import { type FateUnknown, type LossCause, NotSent } from "../ClientErrors.ts"
import type { Messages } from "../Connection.ts"
import { RequestTimedOut } from "../MessageErrors.ts"
import type { Settings } from "../Requests.ts"
import type { Status } from "../Status.ts"
import { InFlight, type Request } from "./InFlight.ts"

export class Exchange<A, In, RE extends LossCause, SE, SO> {
  readonly inFlight = new InFlight<A>()
  discarded = 0

  private readonly source: Messages<A, In, RE, SE, SO>
  private readonly responseId: (message: A) => number | undefined
  private readonly settings: Settings
  private readonly slots: Semaphore.Semaphore
  private readonly kept: Queue.Queue<A, RE | Cause.Done>

  constructor(
    source: Messages<A, In, RE, SE, SO>,
    responseId: (message: A) => number | undefined,
    settings: Settings,
    bounds: { readonly slots: Semaphore.Semaphore; readonly others: Queue.Queue<A, RE | Cause.Done> }
  ) {
    this.source = source
    this.responseId = responseId
    this.settings = settings
    this.slots = bounds.slots
    this.kept = bounds.others
  }

  // ---- reading

  /** Reads to the end, which it passes on to whoever waits. */
  readonly run: Effect.Effect<void> = Effect.suspend(() =>
    Stream.runForEachArray(this.source.messages, (batch) => this.route(batch))
  ).pipe(
    Effect.onExit((exit) => this.end(exit)),
    // `end` has passed it on.
    Effect.exit
  )

  watch(statusChanges: Stream.Stream<Status>): Effect.Effect<void> {
    return Stream.runForEach(statusChanges, (status) => Effect.sync(() => this.inFlight.status(status)))
  }

  private route(batch: ReadonlyArray<A>): Effect.Effect<unknown> {
    const others = batch.filter((message) => {
      const id = this.responseId(message)
      return id === undefined || !this.inFlight.respond(id, message)
    })
    if (others.length === 0) return Effect.void
    if (this.settings.others === "keep") return Queue.offerAll(this.kept, others)
    this.discarded += others.length
    return Effect.void
  }

  private end(exit: Exit.Exit<void, RE>): Effect.Effect<unknown> {
    if (Exit.isSuccess(exit)) {
      this.inFlight.end()
      return Queue.end(this.kept)
    }
    const { cause } = exit
    const ended = Queue.failCause(this.kept, cause)
    if (Cause.hasDies(cause)) {
      this.inFlight.die(Cause.squash(cause))
      return Effect.andThen(Effect.logError("WebSocket requests died", cause), ended)
    }
    this.inFlight.end(cause.reasons.find(Cause.isFailReason)?.error)
    return ended
  }

  // ---- taking what is no response

  get others(): Stream.Stream<A, RE> {
    return Stream.fromQueue(this.kept)
  }

  /** After the last one, it fails as the source does. */
  receiveN(most: number): Effect.Effect<NonEmptyReadonlyArray<A>, RE> {
    return Effect.catch(Queue.takeBetween(this.kept, 1, most), (end) =>
      Cause.isDone(end) ? this.source.receiveN(most) : Effect.fail(end)
    ) as Effect.Effect<NonEmptyReadonlyArray<A>, RE>
  }

  // ---- asking

  request(
    make: (id: number) => In,
    timeout: Duration.Duration
  ): Effect.Effect<A, SE | NotSent | FateUnknown | RequestTimedOut> {
    return Effect.suspend(() => {
      const request = this.inFlight.make()
      return Effect.timeoutOrElse(this.slots.withPermit(this.exchange(request, make)), {
        duration: timeout,
        orElse: () => Effect.fail(this.timedOut(request, timeout))
      })
    })
  }

  private exchange(request: Request<A>, make: (id: number) => In): Effect.Effect<A, SE | NotSent | FateUnknown> {
    return Effect.suspend((): Effect.Effect<A, SE | NotSent | FateUnknown> => {
      const { died, ended } = this.inFlight
      if (died !== undefined) return died
      if (ended !== undefined) return Effect.fail(new NotSent({ why: "session lost", ...ended }))
      const answered = Effect.suspend(() => {
        this.inFlight.accepted(request)
        return Deferred.await(request.response)
      })
      return Effect.andThen(this.source.send(make(this.inFlight.add(request))), answered)
    }).pipe(Effect.ensuring(Effect.sync(() => this.inFlight.forget(request))))
  }

  private timedOut(request: Request<A>, timeout: Duration.Duration): RequestTimedOut {
    const waiting = Queue.sizeUnsafe(this.kept)
    return new RequestTimedOut({
      timeout,
      fate: request.accepted ? "Unknown" : "NotSent",
      blockedBy: waiting >= this.settings.maxOthers ? waiting : 0
    })
  }
}
