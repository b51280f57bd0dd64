/**
 * Requests that wait for their responses, and which of them are lost with a session.
 *
 * A request belongs to the session that accepted it. An outbox may accept it between two sessions; then it belongs to the next
 * one. Only accepted requests are lost here: if one is still being sent, its send fails.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { FateUnknown, type LossCause } from "../ClientErrors.ts"
import type { Status } from "../Status.ts"

export interface Request<A> {
  /** 0 until its turn has come. */
  id: number
  /** Its send succeeded. */
  accepted: boolean
  readonly response: Deferred.Deferred<A, FateUnknown>
}

export class InFlight<A> {
  /** Set once one of the program's functions died: every later request dies with the same defect. */
  died: Effect.Effect<never> | undefined
  /** Set once no more responses will come. */
  ended: { readonly cause?: LossCause } | undefined

  private lastId = 0
  private readonly requests = new Map<number, Request<A>>()
  /** The number of the open session, if there is one. */
  private generation: number | undefined

  get size(): number {
    return this.requests.size
  }

  make(): Request<A> {
    return { id: 0, accepted: false, response: Deferred.makeUnsafe() }
  }

  /** The turn of the request has come: a response can find it from now on. Returns its id, which no other request ever has. */
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

  /** Completes the request with this id. Returns false if there is none. */
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

  /** One of the program's functions died, so nobody reads any more: all requests die with it, waiting and later ones. */
  die(defect: unknown): void {
    this.died = Effect.die(defect)
    for (const { response } of this.requests.values()) Deferred.doneUnsafe(response, this.died)
    this.requests.clear()
  }

  end(cause?: LossCause): void {
    this.ended ??= cause === undefined ? {} : { cause }
    this.sessionLost(this.ended.cause)
  }

  /** Copies the list first: a request that fails may be made again at once, and that one belongs to the next session. */
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
