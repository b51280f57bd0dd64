/**
 * The line of senders: who may encode when. While the transport takes bytes, everybody encodes at once. Once it holds enough,
 * data waits in order, and control frames wait in front of all data.
 *
 * A message sent in fragments holds the line from its first fragment to its last: control frames and its own fragments pass,
 * other data waits (RFC 6455 §5.4). `Outgoing` says how to encode, and when the transport has drained.
 */
import * as Effect from "effect/Effect"
import type { ConnectionClosed } from "../Errors.ts"
import type { Outgoing } from "./Outgoing.ts"

/** Encodes until it is done (returns true) or the transport holds enough (returns false). */
export type Encode = () => boolean

interface Waiting {
  encode: Encode
  resume: (effect: Effect.Effect<void, ConnectionClosed>) => void
}

export class Line {
  private readonly outgoing: Pick<Outgoing, "blocked" | "closed" | "encode">
  // Made when somebody waits: on most connections nobody ever does.
  private waiting: Set<Waiting> | undefined
  private overtaking: Set<Waiting> | undefined
  private onClosed: Set<(closed: Effect.Effect<never, ConnectionClosed>) => void> | undefined
  private holder: object | undefined

  /** `outgoing.encode` runs an `Encode` whose turn has come, and `outgoing.closed` is the failure of every later send. */
  constructor(outgoing: Pick<Outgoing, "blocked" | "closed" | "encode">) {
    this.outgoing = outgoing
  }

  private get closed(): Outgoing["closed"] {
    return this.outgoing.closed
  }

  /** Nobody waits, and data may be encoded now. */
  get free(): boolean {
    return this.closed === undefined && isEmpty(this.waiting) && this.holder === undefined && !this.outgoing.blocked
  }

  /**
   * Runs `encode` now or when its turn comes, and again after each drain until it returns true. If the sender is interrupted
   * while it waits, `interrupted` may return what has to be encoded instead.
   */
  submit(encode: Encode, interrupted: () => Encode | undefined = nothingElse): Effect.Effect<void, ConnectionClosed> {
    // Looking at the line and encoding must be one synchronous step, or other senders could come in between.
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

  /** Like `submit`, but in front of all data: for control frames, and for fragments of the message that holds the line. */
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

  /** Other data waits from now on, until `letGo`. The holder calls this during its turn. */
  hold(holder: object): void {
    this.holder = holder
  }

  /** Ends `hold`; does nothing if `holder` does not hold the line. */
  letGo(holder: object): void {
    if (this.holder !== holder) return
    this.holder = undefined
    this.advance()
  }

  /** Lets waiting senders encode, until the transport holds enough again. */
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

  /** Returns undefined while it is not done. If encoding throws, as for bytes that were transferred, only that sender dies. */
  private attempt({ encode }: Waiting): Effect.Effect<void> | undefined {
    try {
      return this.outgoing.encode(encode) ? Effect.void : undefined
    } catch (defect) {
      return Effect.die(defect)
    }
  }

  /** `outgoing` is closed: waiting senders fail. */
  end(closed: Effect.Effect<never, ConnectionClosed>): void {
    if (this.overtaking !== undefined) failAll(this.overtaking, closed)
    if (this.waiting !== undefined) failAll(this.waiting, closed)
    const { onClosed } = this
    this.onClosed = undefined
    if (onClosed !== undefined) for (const resume of onClosed) resume(closed)
  }

  /** Fails once the line is closed. */
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

/** A sender that is resumed may remove others from the line. */
const failAll = (line: Set<Waiting>, closed: Effect.Effect<never, ConnectionClosed>): void => {
  for (const waiting of line) {
    line.delete(waiting)
    waiting.resume(closed)
  }
}

const isEmpty = (line: Set<Waiting> | undefined): boolean => line === undefined || line.size === 0

const nothingElse = () => undefined

const nobody = () => {}
