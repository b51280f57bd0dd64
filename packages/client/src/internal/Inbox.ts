/**
 * The inbox: messages that were read and that nobody has taken yet, and the consumers that wait for some.
 *
 * It is the hand-over between the session's reader and the program, with nothing in between: while a consumer waits,
 * a delivery resumes it on the spot with the very array that was decoded; while none waits, messages are kept, and the
 * reader asks `room` before it reads on. Each message goes to one taker. A taker that is interrupted has taken nothing.
 */
import type { Endpoint } from "@effect-websocket/core"
import type { NonEmptyReadonlyArray } from "effect/Array"
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Effectable from "effect/Effectable"
import type * as Pull from "effect/Pull"

/** At least one message. */
type Batch<A> = NonEmptyReadonlyArray<A>

/** What takers get once there are no more messages. */
export interface Ending<E> {
  /** Those who take all: a stream of messages, which may end cleanly. */
  readonly all: Effect.Effect<never, E | Cause.Done>
  /** Those who want a number of messages. */
  readonly some: Effect.Effect<never, E>
}

/** How much of `inboxBytes` a message uses up. */
export type Measure<A> = Pick<Endpoint.Endpoint<A>, "sizeOf">

/** `A` is what is delivered: whole messages, or what else the program asked for. */
export class Inbox<A, E> {
  private readonly maxMessages: number
  private readonly maxBytes: number
  private readonly measure: Measure<A>
  private messages: Array<A> = []
  /** Messages before it are already taken. */
  private head = 0
  private bytes = 0
  /** The first of those who wait, most often the only one. */
  private taker: Taker<A, E> | undefined
  /** Those behind, in order. */
  private otherTakers: Set<Taker<A, E>> | undefined
  private ending: Ending<E> | undefined
  /** The last taker has not come back, so what it took may still be in its hands. */
  private inHands = false
  private onRoom: (() => void) | undefined
  private onIdle: (() => void) | undefined
  private readonly currentRoom: Endpoint.Room = { messages: 0, bytes: 0 }

  constructor(limits: { readonly inboxMessages: number; readonly inboxBytes: number }, measure: Measure<A>) {
    this.measure = measure
    this.maxMessages = limits.inboxMessages
    this.maxBytes = limits.inboxBytes
  }

  // ---- the reader's side

  /** How much may be read now. The object is the same each time. */
  room(): Endpoint.Room {
    this.currentRoom.messages = this.maxMessages - (this.messages.length - this.head)
    this.currentRoom.bytes = this.maxBytes - this.bytes
    return this.currentRoom
  }

  /** What is read and not yet taken. */
  get kept(): { readonly messages: number; readonly bytes: number } {
    return { messages: this.messages.length - this.head, bytes: this.bytes }
  }

  get full(): boolean {
    const room = this.room()
    return room.messages <= 0 || room.bytes <= 0
  }

  /** Everything was taken and nobody is known to work on it still. */
  get idle(): boolean {
    return this.messages.length === 0 && !this.inHands
  }

  /** Hands the messages to those who wait, in order, and keeps the rest. Consumers run before this returns. */
  deliver(messages: Array<A>): void {
    const { taker } = this
    if (taker !== undefined && messages.length <= taker.most) {
      this.inHands = true
      return this.resume(taker, Effect.succeed(messages as unknown as Batch<A>))
    }
    for (const message of messages) {
      this.messages.push(message)
      this.bytes += this.measure.sizeOf(message)
    }
    // A consumer that runs now may take more itself, or come back to the end of the line.
    while (this.taker !== undefined && this.messages.length > 0) {
      this.resume(this.taker, Effect.succeed(this.takeNow(this.taker.most)))
    }
  }

  /** No more messages will come: once those at hand are taken, takers get `ending`. The first call counts. */
  end(ending: Ending<E>): void {
    if (this.ending !== undefined) return
    this.ending = ending
    while (this.taker !== undefined) this.resume(this.taker, endingFor(ending, this.taker.most))
  }

  private resume(taker: Taker<A, E>, effect: Effect.Effect<Batch<A>, E | Cause.Done>): void {
    this.leave(taker)
    taker.resume(effect)
  }

  private join(taker: Taker<A, E>): void {
    if (this.taker === undefined) this.taker = taker
    else {
      this.otherTakers ??= new Set()
      this.otherTakers.add(taker)
    }
  }

  /** It waits no more, if it still did. */
  leave(taker: Taker<A, E>): void {
    if (this.taker !== taker) this.otherTakers?.delete(taker)
    else {
      this.taker = this.otherTakers?.values().next().value
      if (this.taker !== undefined) this.otherTakers?.delete(this.taker)
    }
  }

  /** Calls back once there is room, or at `wake`. */
  whenRoom(call: () => void): void {
    this.onRoom = call
  }

  /** Waits until the inbox is idle, or until `wake`. */
  get awaitIdle(): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      if (this.idle) return resume(Effect.void)
      const wake = () => resume(Effect.void)
      this.onIdle = wake
      return Effect.sync(() => {
        this.onIdle = undefined
      })
    })
  }

  /** Ends both waits. */
  wake(): void {
    this.call("onRoom")
    this.call("onIdle")
  }

  // ---- the consumers' side

  /** All that is at hand, at least one message, as it was decoded: waits while there is none. */
  get takeAll(): Pull.Pull<Batch<A>, E> {
    return this.taking(everything)
  }

  /** At most `most` messages of those at hand, at least one. Fails at the end, also at a clean one. */
  take(most: number): Effect.Effect<Batch<A>, E> {
    return this.taking(most) as Effect.Effect<Batch<A>, E>
  }

  private taking(most: number): Effect.Effect<Batch<A>, E | Cause.Done> {
    return Effect.callback<Batch<A>, E | Cause.Done>((resume) => {
      if (this.messages.length > 0) return resume(Effect.succeed(this.takeNow(most)))
      if (this.ending !== undefined) return resume(endingFor(this.ending, most))
      const taker = new Taker(this, most, resume)
      this.join(taker)
      this.inHands = false
      this.call("onIdle")
      return taker
    })
  }

  private takeNow(most: number): Batch<A> {
    const kept = this.messages.length - this.head
    let taken = this.messages
    if (most < kept || this.head > 0) taken = this.messages.slice(this.head, this.head + Math.min(most, kept))
    if (most >= kept) {
      this.messages = []
      this.head = 0
      this.bytes = 0
    } else {
      this.head += most
      for (const message of taken) this.bytes -= this.measure.sizeOf(message)
      this.forgetTaken()
    }
    this.inHands = true
    if (!this.full) this.call("onRoom")
    return taken as unknown as Batch<A>
  }

  /** Lets go of taken messages once they are half of the array: constant work per message. */
  private forgetTaken(): void {
    if (this.head * 2 < this.messages.length) return
    this.messages = this.messages.slice(this.head)
    this.head = 0
  }

  private call(waiter: "onRoom" | "onIdle"): void {
    const resume = this[waiter]
    this[waiter] = undefined
    resume?.()
  }
}

/** What gives a taker what it waits for. */
interface Waiting<A, E> {
  resume(effect: Effect.Effect<Batch<A>, E | Cause.Done>): void
}

/** One that waits, and what takes it out of the line: in one object, since programs wait once for each read. */
class Taker<A, E> extends Effectable.Class<void> {
  readonly most: number
  readonly resume: Waiting<A, E>["resume"]
  private readonly inbox: Inbox<A, E>

  constructor(inbox: Inbox<A, E>, most: number, resume: Waiting<A, E>["resume"]) {
    super()
    this.inbox = inbox
    this.most = most
    this.resume = resume
  }

  override asEffect(): Effect.Effect<void> {
    return Effect.sync(() => this.inbox.leave(this))
  }
}

const endingFor = <E>(ending: Ending<E>, most: number) => (most === everything ? ending.all : ending.some)

/** What a stream of messages asks for. */
const everything = Number.POSITIVE_INFINITY
