/**
 * The inside of `Requests`: one fiber reads, and tells responses from other messages; each request runs here, from waiting for
 * its turn to its response.
 */
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import type * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import { type FateUnknown, LossCause, NotSent } from "../ClientErrors.ts"
import type { Messages } from "../Connection.ts"
import { RequestTimedOut } from "../MessageErrors.ts"
import type { Settings } from "../Requests.ts"
import type { Status } from "../Status.ts"
import { Changes } from "./Changes.ts"
import { InFlight, type Request } from "./InFlight.ts"
import * as Sized from "./Sized.ts"

/** A message that is not a response. */
export interface Other<A> {
  readonly message: A
  readonly size: number
}

const isLossCause = Schema.is(LossCause)

type Kept<A, RE> = Queue.Queue<Other<A>, RE | Cause.Done>

export class Exchange<A, In, RE extends LossCause, SE, SO> {
  readonly inFlight = new InFlight<A>()
  discarded = 0

  private readonly source: Messages<A, In, RE, SE, SO>
  private readonly responseId: (message: A) => number | undefined
  private readonly settings: Settings
  private readonly slots: Semaphore.Semaphore
  private readonly kept: Kept<A, RE>
  private keptBytes = 0
  /** Changes when some of what was kept is taken. */
  private readonly taken = new Changes()
  private isFull = false

  constructor(
    source: Messages<A, In, RE, SE, SO>,
    responseId: (message: A) => number | undefined,
    settings: Settings,
    bounds: { readonly slots: Semaphore.Semaphore; readonly others: Kept<A, RE> }
  ) {
    this.source = source
    this.responseId = responseId
    this.settings = settings
    this.slots = bounds.slots
    this.kept = bounds.others
  }

  // ---- reading

  /** Reads to the end, and passes that on to all who wait. */
  readonly run: Effect.Effect<void> = Effect.suspend(() =>
    Stream.runForEachArray(Sized.of<A, RE>(this.source), (batches) =>
      batches.length === 1
        ? this.route(batches[0])
        : Effect.forEach(batches, (batch) => this.route(batch), { discard: true })
    )
  ).pipe(
    Effect.onExit((exit) => this.end(exit)),
    // `end` has passed the failure on.
    Effect.exit
  )

  watch(statusChanges: Stream.Stream<Status>): Effect.Effect<void> {
    return Stream.runForEach(statusChanges, (status) => Effect.sync(() => this.inFlight.status(status)))
  }

  private route({ sizes, values }: Sized.Sized<A>): Effect.Effect<unknown> {
    const others: Array<Other<A>> = []
    let bytes = 0
    for (const [i, message] of values.entries()) {
      const id = this.responseId(message)
      if (id !== undefined && this.inFlight.respond(id, message)) continue
      others.push({ message, size: sizes[i]! })
      bytes += sizes[i]!
    }
    if (others.length === 0) return Effect.void
    if (this.settings.others === "keep") return this.keep(others, bytes)
    this.discarded += others.length
    return Effect.void
  }

  /** Keeps messages for `others`; waits while there is no room. */
  private keep(others: ReadonlyArray<Other<A>>, bytes: number): Effect.Effect<unknown> {
    const keepOne = (other: Other<A>) => {
      this.isFull = true
      return Effect.andThen(
        this.taken.until(() => (this.fits(other.size) ? true : undefined)),
        this.offer([other], other.size)
      )
    }
    const keeping = this.fits(bytes) ? this.offer(others, bytes) : Effect.forEach(others, keepOne, { discard: true })
    return Effect.map(keeping, () => {
      this.isFull = false
    })
  }

  /** One message always fits. */
  private fits(bytes: number): boolean {
    return this.keptBytes === 0 || this.keptBytes + bytes <= this.settings.maxOthersBytes
  }

  private offer(others: ReadonlyArray<Other<A>>, bytes: number): Effect.Effect<unknown> {
    return Effect.suspend(() => {
      this.keptBytes += bytes
      return Queue.offerAll(this.kept, others)
    })
  }

  private end(exit: Exit.Exit<void, RE>): Effect.Effect<unknown> {
    if (Exit.isSuccess(exit)) {
      this.inFlight.end()
      return Queue.end(this.kept)
    }
    const { cause } = exit
    const ended = Queue.failCause(this.kept, cause)
    const failure = cause.reasons.find(Cause.isFailReason)?.error
    // A program that ignores types may have messages that fail with something else.
    if (Cause.hasDies(cause) || (failure !== undefined && !isLossCause(failure))) {
      this.inFlight.die(Cause.squash(cause))
      return Effect.andThen(Effect.logError("WebSocket requests died", cause), ended)
    }
    this.inFlight.end(failure)
    return ended
  }

  // ---- taking other messages

  get others(): Stream.Stream<A, RE> {
    return Stream.mapArray(Stream.fromQueue(this.kept), (others) => this.take(others))
  }

  /** After the last one, it fails as the source does. */
  receiveN(most: number): Effect.Effect<Arr.NonEmptyReadonlyArray<A>, RE> {
    return Effect.matchEffect(Queue.takeBetween(this.kept, 1, most), {
      onSuccess: (others) => Effect.succeed(this.take(others as unknown as Arr.NonEmptyReadonlyArray<Other<A>>)),
      onFailure: (end) => (Cause.isDone(end) ? this.source.receiveN(most) : Effect.fail(end))
    })
  }

  private take(others: Arr.NonEmptyReadonlyArray<Other<A>>): Arr.NonEmptyReadonlyArray<A> {
    for (const { size } of others) this.keptBytes -= size
    this.taken.changed()
    return Arr.map(others, ({ message }) => message)
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
      if (ended !== undefined) return Effect.fail(new NotSent({ why: "stopped", ...ended }))
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
      blockedBy: this.isFull || waiting >= this.settings.maxOthers ? waiting : 0
    })
  }
}
