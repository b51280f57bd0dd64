/**
 * The line: who may encode when. While the transport takes bytes, at once; while it holds enough, those who want to send
 * data wait, first come first served, and control frames wait before all of them.
 *
 * A message that is sent in fragments holds the line from its first to its last: its fragments and control frames go
 * on, other data waits (RFC 6455 §5.4). What encoding means, and when the transport has drained, is `Outgoing`'s.
 */
import * as Effect from "effect/Effect"
import type { ConnectionClosed } from "../Errors.ts"
import type { Outgoing } from "./Outgoing.ts"

/** Encodes until it is done (true) or the transport holds enough (false). */
export type Encode = () => boolean

interface Waiting {
  encode: Encode
  resume: (effect: Effect.Effect<void, ConnectionClosed>) => void
}

export class Line {
  private readonly outgoing: Pick<Outgoing, "blocked" | "encode">
  // Made when somebody waits: most connections never have anyone who does.
  private waiting: Set<Waiting> | undefined
  private overtaking: Set<Waiting> | undefined
  private onClosed: Set<(closed: Effect.Effect<never, ConnectionClosed>) => void> | undefined
  private holder: object | undefined
  private closed: Effect.Effect<never, ConnectionClosed> | undefined

  /** Its `encode` is how somebody encodes who needs not wait. */
  constructor(outgoing: Pick<Outgoing, "blocked" | "encode">) {
    this.outgoing = outgoing
  }

  /** Nobody waits, and data may be encoded now. */
  get free(): boolean {
    return this.closed === undefined && isEmpty(this.waiting) && this.holder === undefined && !this.outgoing.blocked
  }

  /**
   * Runs `encode` now or when it is its turn, and again after each drain until it answers true. When it is interrupted
   * while it waits, `interrupted` may say what has to be encoded in its place.
   */
  submit(encode: Encode, interrupted: () => Encode | undefined = nothingElse): Effect.Effect<void, ConnectionClosed> {
    // All in one turn: were a part encoded, or the line looked at, in an earlier one, others could come in between.
    return Effect.callback<void, ConnectionClosed>((resume) => {
      while (this.free) if (this.outgoing.encode(encode)) return resume(Effect.void)
      if (this.closed !== undefined) return resume(this.closed)
      const waiting: Waiting = { encode, resume }
      this.waiting ??= new Set()
      this.waiting.add(waiting)
      return Effect.sync(() => {
        const rest = interrupted()
        if (rest === undefined) this.waiting?.delete(waiting)
        else Object.assign(waiting, { encode: rest, resume: nobody })
      })
    })
  }

  /** As `submit`, before all data: for control frames, and for the fragments of the message that holds the line. */
  overtake(encode: () => void): Effect.Effect<void, ConnectionClosed> {
    return Effect.callback<void, ConnectionClosed>((resume) => {
      const encodeAll = () => {
        encode()
        return true
      }
      if (this.closed !== undefined) return resume(this.closed)
      if (isEmpty(this.overtaking) && !this.outgoing.blocked) {
        this.outgoing.encode(encodeAll)
        return resume(Effect.void)
      }
      const waiting: Waiting = { encode: encodeAll, resume }
      this.overtaking ??= new Set()
      this.overtaking.add(waiting)
      return Effect.sync(() => {
        this.overtaking?.delete(waiting)
      })
    })
  }

  /** From now on, until `letGo`, other data waits. To be called by `holder` at its turn. */
  hold(holder: object): void {
    this.holder = holder
  }

  /** Other data goes on, if it waited for `holder`. */
  letGo(holder: object): void {
    if (this.holder !== holder) return
    this.holder = undefined
    this.advance()
  }

  /** Those who wait go on, until the transport holds enough again. */
  advance(): void {
    this.advanceOne(this.overtaking)
    this.advanceOne(this.waiting)
  }

  private advanceOne(line: Set<Waiting> | undefined): void {
    if (line === undefined) return
    for (const waiting of line) {
      if (this.outgoing.blocked || (line === this.waiting && this.holder !== undefined)) return
      const done = this.attempt(waiting)
      if (done === undefined) return
      line.delete(waiting)
      waiting.resume(done)
    }
  }

  /** Undefined while it is not done. What cannot be encoded, as memory that was given away, is its sender's fault alone. */
  private attempt({ encode }: Waiting): Effect.Effect<void> | undefined {
    try {
      return this.outgoing.encode(encode) ? Effect.void : undefined
    } catch (defect) {
      return Effect.die(defect)
    }
  }

  /** Nothing is accepted any more; those in line fail. A later call replaces what later sends fail with. */
  close(closed: Effect.Effect<never, ConnectionClosed>): void {
    this.closed = closed
    if (this.overtaking !== undefined) failAll(this.overtaking, closed)
    if (this.waiting !== undefined) failAll(this.waiting, closed)
    const { onClosed } = this
    this.onClosed = undefined
    if (onClosed !== undefined) for (const resume of onClosed) resume(closed)
  }

  /** What fails once nothing is accepted any more. */
  get ended(): Effect.Effect<never, ConnectionClosed> | undefined {
    return this.closed
  }

  /** Fails then. */
  get whenEnded(): Effect.Effect<never, ConnectionClosed> {
    return Effect.callback<never, ConnectionClosed>((resume) => {
      if (this.closed !== undefined) return resume(this.closed)
      this.onClosed ??= new Set()
      this.onClosed.add(resume)
      return Effect.sync(() => {
        this.onClosed?.delete(resume)
      })
    })
  }
}

/** Whoever is resumed may let others in line go. */
const failAll = (line: Set<Waiting>, closed: Effect.Effect<never, ConnectionClosed>): void => {
  for (const waiting of line) {
    line.delete(waiting)
    waiting.resume(closed)
  }
}

const isEmpty = (line: Set<Waiting> | undefined): boolean => line === undefined || line.size === 0

const nothingElse = () => undefined

const nobody = () => {}
