/**
 * The inbox: messages that were read and not taken yet, and the consumers that wait for messages.
 *
 * It is the only step between the session's reader and the program. While a consumer waits, a delivery resumes it at once,
 * with the array that was decoded. While none waits, messages are kept, and the reader asks `room` before it reads on. Each
 * message goes to one taker. A taker that is interrupted has taken nothing.
 *
 * V8 may keep what a Stream takes from for much longer than the Stream (docs/performance.md, Closures). Therefore a Stream holds
 * a `Tap`, not the inbox, and an inbox that has ended refers to nothing but messages and to how it ended. (An error refers to the
 * calls that it was made in until its stack is read.)
 */
import type { Endpoint } from "@effect-websocket/core"
import type { NonEmptyReadonlyArray } from "effect/Array"
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Effectable from "effect/Effectable"
import type * as Pull from "effect/Pull"

/** At least one message. */
type Batch<A> = NonEmptyReadonlyArray<A>

/** How takers end once there are no more messages. */
export interface Ending<E> {
  /** `takeAll`, for streams, which may end without a failure. */
  readonly all: Effect.Effect<never, E | Cause.Done>
  /** `take`, which always fails. */
  readonly some: Effect.Effect<never, E>
}

/** How much it keeps at most. */
interface Limits {
  readonly inboxMessages: number
  readonly inboxBytes: number
}

/** `A` is what is delivered: whole messages, or fragments or frames if the program asked for those. */
export class Inbox<A, E> {
  private readonly maxMessages: number
  private readonly maxBytes: number
  private readonly sizeOf: Endpoint.Endpoint<A>["sizeOf"]
  private messages: Array<A> = []
  /** Index of the first message that is not taken yet. */
  private head = 0
  private bytes = 0
  /** The first taker that waits, mostly the only one. */
  private taker: Taker<A, E> | undefined
  /** The other takers, in order. */
  private otherTakers: Set<Taker<A, E>> | undefined
  private ending: Ending<E> | undefined
  /** Made for the first Stream. */
  private tap: Tap<A, E> | undefined
  /** The last taker has not asked again, so the program may still be working on what it took. */
  private inHands = false
  private onRoom: (() => void) | undefined
  private onIdle: (() => void) | undefined
  private readonly currentRoom: Endpoint.Room = { messages: 0, bytes: 0 }

  /** `sizeOf` tells how much of `inboxBytes` a message uses up. */
  constructor(limits: Limits, sizeOf: Endpoint.Endpoint<A>["sizeOf"]) {
    this.sizeOf = sizeOf
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

  /** How much was read and not taken yet. */
  get kept(): { readonly messages: number; readonly bytes: number } {
    return { messages: this.messages.length - this.head, bytes: this.bytes }
  }

  get full(): boolean {
    const room = this.room()
    return room.messages <= 0 || room.bytes <= 0
  }

  /** Everything was taken, and its taker has come back for more. */
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
      this.bytes += this.sizeOf(message)
    }
    // The program may have ended the connection while the read was handled that brought them.
    if (this.ending !== undefined) this.turnTap()
    // A consumer that runs now may take more messages, or wait again at the end of the line.
    while (this.taker !== undefined && this.messages.length > 0) {
      this.resume(this.taker, Effect.succeed(this.takeNow(this.taker.most)))
    }
  }

  /** No more messages will come: once those at hand are taken, takers get `ending`. Only the first call counts. */
  end(ending: Ending<E>): void {
    if (this.ending !== undefined) return
    this.ending = ending
    this.turnTap()
    while (this.taker !== undefined) this.resume(this.taker, endingFor(ending, this.taker.most))
  }

  /** Streams take from the inbox, or get the ending once it is over. */
  private turnTap(): void {
    if (this.tap === undefined) return
    this.tap.source = this.ending !== undefined && this.messages.length === 0 ? this.ending.all : this
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

  /** Takes it out of the line, if it is in it. */
  leave(taker: Taker<A, E>): void {
    if (this.taker !== taker) this.otherTakers?.delete(taker)
    else {
      this.taker = this.otherTakers?.values().next().value
      if (this.taker !== undefined) this.otherTakers?.delete(this.taker)
    }
  }

  /** Calls back once there is room, or on `wake`. */
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

  /** Takes all messages at hand, in the array that was decoded where possible. Waits if there are none. */
  get takeAll(): Pull.Pull<Batch<A>, E> {
    if (this.tap === undefined) {
      this.tap = new Tap<A, E>(this)
      this.turnTap()
    }
    return this.tap.pull
  }

  /** Takes at most `most` of the messages at hand. Waits if there are none. Fails at the end, even a clean one. */
  take(most: number): Effect.Effect<Batch<A>, E> {
    const taken = Effect.callback<Batch<A>, E | Cause.Done>((resume) => this.takeOrWait(most, resume))
    return taken as Effect.Effect<Batch<A>, E>
  }

  /** Resumes with messages or the end, or returns the taker that waits. */
  takeOrWait(most: number, resume: Waiting<A, E>["resume"]): Taker<A, E> | undefined {
    if (this.messages.length > 0) {
      resume(Effect.succeed(this.takeNow(most)))
      return undefined
    }
    if (this.ending !== undefined) {
      resume(endingFor(this.ending, most))
      return undefined
    }
    const taker = new Taker(this, most, resume)
    this.join(taker)
    this.inHands = false
    this.call("onIdle")
    return taker
  }

  private takeNow(most: number): Batch<A> {
    const kept = this.messages.length - this.head
    let taken = this.messages
    if (most < kept || this.head > 0) taken = this.messages.slice(this.head, this.head + Math.min(most, kept))
    if (most >= kept) {
      this.messages = []
      this.head = 0
      this.bytes = 0
      this.turnTap()
    } else {
      this.head += most
      for (const message of taken) this.bytes -= this.sizeOf(message)
      this.forgetTaken()
    }
    this.inHands = true
    if (!this.full) this.call("onRoom")
    return taken as unknown as Batch<A>
  }

  /** Removes taken messages once they are half of the array, so the work per message is constant. */
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

/** How a taker gets what it waits for. */
interface Waiting<A, E> {
  resume(effect: Effect.Effect<Batch<A>, E | Cause.Done>): void
}

/** A waiting taker, and the Effect that removes it when it is interrupted: one object, since programs wait once per read. */
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

/** What Streams hold of an inbox, also after it is over. */
class Tap<A, E> {
  readonly pull: Pull.Pull<Batch<A>, E>
  source: Inbox<A, E> | Ending<E>["all"]

  constructor(inbox: Inbox<A, E>) {
    this.source = inbox
    this.pull = Effect.callback<Batch<A>, E | Cause.Done>((resume) => {
      const { source } = this
      if (source instanceof Inbox) return source.takeOrWait(everything, resume)
      return resume(source)
    })
  }
}

const endingFor = <E>(ending: Ending<E>, most: number) => (most === everything ? ending.all : ending.some)

/** How many messages `takeAll` asks for. */
const everything = Number.POSITIVE_INFINITY
