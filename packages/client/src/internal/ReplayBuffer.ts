/**
 * The log of numbered messages that are not acknowledged yet, within limits. Senders wait for room one after the other, so
 * numbers follow the order of sending and none is left out.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Semaphore from "effect/Semaphore"
import { FateUnknown, type LossCause, NotSent } from "../ClientErrors.ts"
import type { Message, SendOptions } from "../Connection.ts"
import type { Replay } from "./Replay.ts"

export interface Limits {
  readonly maxMessages: number
  readonly maxBytes: number
}

interface Waiting {
  /** The last number that has to be acknowledged. */
  readonly upTo: number
  readonly done: Deferred.Deferred<void, NotSent | FateUnknown>
}

export class ReplayBuffer {
  private readonly replay: Replay
  private readonly limits: Limits
  /** Has one permit: one sender at a time. */
  private readonly turn: Semaphore.Semaphore
  private room: Deferred.Deferred<void, NotSent> | undefined
  private readonly waiting = new Set<Waiting>()
  /** Set once there will be no other session. */
  private stopped: { readonly cause?: LossCause } | undefined
  /** No acknowledgement will be seen any more. */
  private isOver = false

  constructor(replay: Replay, limits: Limits, turn: Semaphore.Semaphore) {
    this.replay = replay
    this.limits = limits
    this.turn = turn
  }

  /** Appends the messages that `encode` makes with the next numbers, each once there is room for it. */
  send<E>(
    encode: (first: number) => Effect.Effect<ReadonlyArray<Message>, E>,
    options: SendOptions | undefined
  ): Effect.Effect<void, E | NotSent> {
    const append = Effect.suspend(() => encode(this.replay.log.nextNumber)).pipe(
      Effect.flatMap((messages) =>
        Effect.forEach(messages, (message) => this.append(message, options), { discard: true })
      )
    )
    return this.turn.withPermit(append)
  }

  private append(message: Message, options: SendOptions | undefined): Effect.Effect<void, NotSent> {
    return Effect.suspend((): Effect.Effect<void, NotSent> => {
      if (this.stopped !== undefined) return Effect.fail(this.notSent)
      if (this.fits(message)) {
        this.replay.log.append(message, options)
        this.replay.wake()
        return Effect.void
      }
      this.room = Deferred.makeUnsafe()
      return Effect.andThen(Deferred.await(this.room), this.append(message, options))
    })
  }

  /** One message always fits. */
  private fits(message: Message): boolean {
    const { bytes, size } = this.replay.log
    return size === 0 || (size < this.limits.maxMessages && bytes + message.length <= this.limits.maxBytes)
  }

  acknowledge(number: number, which: "upTo" | "each"): void {
    this.replay.log.acknowledge(number, which)
    const { room } = this
    this.room = undefined
    if (room !== undefined) Deferred.doneUnsafe(room, Effect.void)
    const oldest = this.replay.log.oldest?.number ?? Number.POSITIVE_INFINITY
    for (const waiting of this.waiting) {
      if (waiting.upTo < oldest) Deferred.doneUnsafe(waiting.done, Effect.void)
    }
  }

  /** Succeeds when everything that is in the log now is acknowledged. */
  readonly acknowledged: Effect.Effect<void, NotSent | FateUnknown> = Effect.suspend(() => {
    const { log } = this.replay
    if (log.size === 0) return Effect.void
    if (this.isOver) return Effect.fail(this.fate)
    const waiting: Waiting = { upTo: log.nextNumber - 1, done: Deferred.makeUnsafe() }
    this.waiting.add(waiting)
    return Effect.ensuring(
      Deferred.await(waiting.done),
      Effect.sync(() => this.waiting.delete(waiting))
    )
  })

  /** There will be no other session, so nothing more is sent. Messages that are left to inspect may still acknowledge. */
  stop(cause: LossCause | undefined): void {
    this.stopped ??= cause === undefined ? {} : { cause }
    if (this.room !== undefined) Deferred.doneUnsafe(this.room, Effect.fail(this.notSent))
  }

  /** The last message was inspected: whoever still waits fails. */
  end(): void {
    this.isOver = true
    this.stop(undefined)
    for (const { done } of this.waiting) Deferred.doneUnsafe(done, Effect.fail(this.fate))
  }

  private get notSent(): NotSent {
    return new NotSent({ why: "stopped", ...this.stopped })
  }

  private get fate(): NotSent | FateUnknown {
    return this.replay.log.all.some(({ sent }) => sent) ? new FateUnknown({ ...this.stopped }) : this.notSent
  }
}
