/**
 * Requests that wait for their responses, and which of them are lost when a session is.
 *
 * A request belongs to the session that accepted it; one that was accepted between two sessions, as an outbox may, belongs
 * to the next. Only what was accepted can be lost: a request that is still being sent is the sender's to fail.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { FateUnknown, type LossCause } from "../ClientErrors.ts"
import type { Status } from "../Status.ts"

export interface Request<A> {
  /** 0 before its turn. */
  id: number
  /** Its send succeeded. */
  accepted: boolean
  readonly response: Deferred.Deferred<A, FateUnknown>
}

export class InFlight<A> {
  /** Set once a function of the program's died: every later request dies with the same defect. */
  died: Effect.Effect<never> | undefined
  /** No more responses will come, and why. */
  ended: { readonly cause?: LossCause } | undefined

  private lastId = 0
  private readonly requests = new Map<number, Request<A>>()
  /** The number of the open session, when there is one. */
  private generation: number | undefined

  get size(): number {
    return this.requests.size
  }

  make(): Request<A> {
    return { id: 0, accepted: false, response: Deferred.makeUnsafe() }
  }

  /** Its turn has come: from now on a response finds it. Answers its id, which no other request ever has. */
  add(request: Request<A>): number {
    request.id = ++this.lastId
    this.requests.set(request.id, request)
    return request.id
  }

  accepted(request: Request<A>): void {
    request.accepted = true
    if (this.ended !== undefined) this.lose(request, this.ended.cause)
  }

  forget(request: Request<A>): void {
    this.requests.delete(request.id)
  }

  /** Whether a request waited for it. */
  respond(id: number, response: A): boolean {
    const request = this.requests.get(id)
    if (request === undefined) return false
    this.requests.delete(id)
    Deferred.doneUnsafe(request.response, Effect.succeed(response))
    return true
  }

  status(status: Status): void {
    const before = this.generation
    this.generation = status._tag === "Open" ? status.generation : undefined
    if (before !== undefined && before !== this.generation) this.sessionLost(causeOf(status))
  }

  /** Nobody reads any more, since a function of the program's died: so do all that wait, and all that ask from now on. */
  die(defect: unknown): void {
    this.died = Effect.die(defect)
    for (const { response } of this.requests.values()) Deferred.doneUnsafe(response, this.died)
    this.requests.clear()
  }

  end(cause?: LossCause): void {
    this.ended ??= cause === undefined ? {} : { cause }
    this.sessionLost(this.ended.cause)
  }

  /** A list of its own: whoever is told may ask again at once, and that is the next session's. */
  private sessionLost(cause: LossCause | undefined): void {
    const lost = [...this.requests.values()].filter(({ accepted }) => accepted)
    for (const request of lost) this.lose(request, cause)
  }

  private lose(request: Request<A>, cause: LossCause | undefined): void {
    this.requests.delete(request.id)
    Deferred.doneUnsafe(request.response, Effect.fail(new FateUnknown(cause === undefined ? {} : { cause })))
  }
}

const causeOf = (status: Status): LossCause | undefined =>
  status._tag === "Waiting" || status._tag === "Stopped" ? status.cause : undefined
