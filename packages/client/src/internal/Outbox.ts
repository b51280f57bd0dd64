/**
 * The way out of a long-lived client: over the connection there is, and into the outbox where that is for later.
 *
 * What is bound to a connection and has nothing to wait behind goes to it directly. All else passes through the queue
 * (`OutboxQueue`), which one fiber per connection empties in order. That fiber also learns what was flushed, so that
 * after a loss every message that was accepted has a fate, and those that may be lost are counted.
 */
import { MessageParts } from "@effect-websocket/core"
import { NodePlatform } from "@effect-websocket/transport"
import type * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { ClientSendError, ClientSendOptions } from "../Client.ts"
import { FateUnknown, type LossCause, NotSent } from "../ClientErrors.ts"
import type { Message } from "../Connection.ts"
import { type ConnectionClosed, InvalidMessage } from "../Errors.ts"
import type { OutboxOptions } from "../OutboxOptions.ts"
import { Changes } from "./Changes.ts"
import { type Fate, Ledger, settle } from "./Ledger.ts"
import type { Counts } from "./Meter.ts"
import * as Moment from "./Moment.ts"
import { type Ended, type Item, OutboxQueue } from "./OutboxQueue.ts"
import type { Phases, Up } from "./Phase.ts"
import { Turns } from "./Turns.ts"

/** What a program sends at once. */
interface Sending {
  /** An array of our own; the bytes in it are the program's until the queue keeps a copy of them. */
  readonly messages: ReadonlyArray<Message>
  readonly bytes: number
  readonly options: ClientSendOptions | undefined
  readonly fate: Fate | undefined
}

interface Queued extends Item, Sending {
  messages: ReadonlyArray<Message>
}

export class Outbox {
  /** Messages that were accepted and then met a bad end. */
  readonly lost = { notSent: 0, unknown: 0 }
  readonly queue: OutboxQueue<Queued>
  private readonly phases: Phases
  private readonly options: OutboxOptions
  private readonly clock: Clock.Clock
  /** Of the open connection. */
  private ledger = new Ledger()
  /** There is something to send, or to flush. */
  private readonly work = new Changes()
  /** Those who wait for room. */
  private readonly line: Turns<Sending, ClientSendError>
  /** What those meet that the last connection had, and that are given up later. */
  private loss = new FateUnknown({})

  constructor(phases: Phases, options: OutboxOptions, clock: Clock.Clock) {
    this.phases = phases
    this.options = options
    this.clock = clock
    this.queue = new OutboxQueue(options)
    const hasTurn = (sending: Sending) => this.hasTurn(sending)
    const submit = (sending: Sending) => this.submit(sending, true)
    this.line = new Turns(hasTurn, submit)
    const advance = () => this.line.advance()
    phases.onChange = advance
  }

  /** What it adds to the metrics. */
  get counts(): Counts {
    return { outboxMessages: this.queue.messages, outboxBytes: this.queue.bytes }
  }

  // ---- the senders' side

  send(
    messages: ReadonlyArray<Message>,
    options: ClientSendOptions | undefined,
    fate?: Fate
  ): Effect.Effect<void, ClientSendError> {
    return Effect.suspend((): Effect.Effect<void, ClientSendError> => {
      for (const message of messages) {
        const invalid = MessageParts.invalid(message, options?.kind, NodePlatform.platform)
        if (invalid !== undefined) return Effect.fail(new InvalidMessage(invalid))
      }
      // The array is the program's, which may change it while they wait.
      const own = messages.slice()
      return this.submit({ messages: own, bytes: own.reduce((sum, { length }) => sum + length, 0), options, fate })
    })
  }

  /** `isNext`: it has waited for its turn. */
  private submit(sending: Sending, isNext = false): Effect.Effect<void, ClientSendError> {
    return Effect.suspend((): Effect.Effect<void, ClientSendError> => {
      const { current: phase, version } = this.phases
      if (phase._tag === "Over") return Effect.fail(notSent("stopped", phase.cause))
      if (phase._tag === "Down") {
        if (this.options.whileDisconnected === "suspend") return this.submitAfter(version, sending)
        if (this.options.whileDisconnected === "fail") return Effect.fail(notSent("disconnected", phase.cause))
      } else if ((isNext || this.line.isEmpty) && this.goesDirectly(sending)) {
        return this.sendOver(phase, sending, this.submitAfter(version, sending))
      }
      return this.enqueue(sending, isNext)
    })
  }

  private submitAfter(version: number, sending: Sending): Effect.Effect<void, ClientSendError> {
    return Effect.flatMap(this.phases.after(version), () => this.submit(sending))
  }

  /** Where nobody stands in line before it. */
  private goesDirectly({ options }: Sending): boolean {
    return options?.durable !== true && this.queue.isIdle
  }

  /** To the open connection. What it did not accept, since it has ended, is asked for again once that is known. */
  private sendOver(
    { connection }: Up,
    { fate, messages, options }: Sending,
    later: Effect.Effect<void, ClientSendError>
  ): Effect.Effect<void, ClientSendError> {
    const one = messages.length === 1
    const sending = one ? connection.send(messages[0]!, options) : connection.sendAll(messages, options)
    const { ledger } = this
    return Effect.matchEffect(sending, {
      onSuccess: () => {
        ledger.accept(messages.length, fate)
        this.work.changed()
        return Effect.void
      },
      onFailure: (error) => {
        if (error._tag === "InvalidMessage") return Effect.fail(error)
        // A part of several messages may have left.
        return one ? later : Effect.fail(new FateUnknown({ cause: error }))
      }
    })
  }

  private enqueue(sending: Sending, isNext: boolean): Effect.Effect<void, ClientSendError> {
    if (!isNext && !this.line.isEmpty) return this.line.wait(sending)
    const { fate, messages, options } = sending
    const { maxAge } = this.options
    const item: Queued = {
      ...sending,
      durable: options?.durable === true,
      expires: maxAge === undefined ? undefined : Moment.now(this.clock) + Moment.nanos(maxAge)
    }
    const offer = this.queue.offer(item)
    if (offer._tag === "Full") return this.line.wait(sending)
    if (offer._tag === "Refused") {
      const error = notSent("overflow", undefined)
      if (!offer.dropped) return Effect.fail(error)
      this.lost.notSent += messages.length
      settle(fate, Effect.fail(error))
      return Effect.void
    }
    // From now on the program may use its bytes for something else.
    item.messages = messages.map((message) => (typeof message === "string" ? message : message.slice()))
    this.end(offer.dropped, "overflow", undefined)
    this.work.changed()
    return Effect.void
  }

  /** Whether it needs to wait no more, however that ends. */
  private hasTurn(sending: Sending): boolean {
    const { current: phase } = this.phases
    if (phase._tag === "Over") return true
    if (phase._tag === "Down" && this.options.whileDisconnected !== "queue") {
      return this.options.whileDisconnected === "fail"
    }
    return (phase._tag === "Up" && this.goesDirectly(sending)) || this.queue.fits(sending)
  }

  // ---- the connection's side

  /**
   * Sends what is queued and learns what was flushed, as long as the connection is open. Called before the phase is `up`
   * and run while it is. Interrupting it loses nothing.
   */
  drain(up: Up): Effect.Effect<void> {
    const ledger = new Ledger()
    this.ledger = ledger
    const step: Effect.Effect<void, ConnectionClosed> = Effect.suspend(() => {
      const { version } = this.work
      this.expire()
      const item = this.queue.next()
      if (item !== undefined) return this.offer(up, item, ledger)
      if (ledger.unknown > 0 || this.queue.hasHanded) return this.flush(up, ledger)
      return this.work.after(version)
    })
    return Effect.whileLoop({ while: () => this.phases.current === up, body: () => step, step: () => {} }).pipe(
      // The connection has ended; who reconnects learns that from the connection itself.
      Effect.catch(() => Effect.void)
    )
  }

  /** Everything that was accepted has left, or the phase is another. */
  readonly emptied: Effect.Effect<void> = Effect.suspend(() => {
    const { current } = this.phases
    return this.phases.until(() =>
      (this.queue.isEmpty && this.ledger.unknown === 0) || this.phases.current !== current ? true : undefined
    )
  })

  /** The connection has ended, and nothing drains to it any more: every message that it took along gets its fate. */
  lose(cause: LossCause | undefined): void {
    this.loss = new FateUnknown(cause === undefined ? {} : { cause })
    this.lost.unknown += this.ledger.lost(this.loss)
    this.end(this.queue.lost(), "session lost", cause)
  }

  /** There will be no connection any more. */
  stop(cause: LossCause | undefined): void {
    this.end(this.queue.stop(), "stopped", cause)
    this.work.changed()
  }

  /** Lets go of what has waited for too long. One fiber runs it as long as the client lasts. */
  readonly expiring: Effect.Effect<never> = Effect.suspend(() => {
    const { version } = this.work
    this.expire()
    const { nextExpiry } = this.queue
    const changed = this.work.after(version)
    return nextExpiry === undefined ? changed : Effect.raceFirst(changed, Moment.sleepUntil(this.clock, nextExpiry))
  }).pipe(Effect.forever({ disableYield: true }))

  /** Offers one item to the connection, and waits until it is accepted. */
  private offer({ connection }: Up, item: Queued, ledger: Ledger): Effect.Effect<void, ConnectionClosed> {
    const { durable, fate, messages, options } = item
    const one = messages.length === 1
    const sending = one ? connection.send(messages[0]!, options) : connection.sendAll(messages, options)
    return Effect.matchEffect(sending, {
      onSuccess: () => {
        if (!durable) ledger.accept(messages.length, fate)
        this.queue.accepted()
        this.phases.changed()
        return Effect.void
      },
      onFailure: (error) => {
        if (error._tag === "InvalidMessage") return Effect.die(error)
        // A part of several messages may have left: as if all of them had.
        if (one) this.queue.returned()
        else if (durable) this.queue.accepted()
        else {
          ledger.accept(messages.length, fate)
          this.queue.accepted()
        }
        return Effect.fail(error)
      }
    })
  }

  /** Not before this turn is over, so that all sends in it become one write. */
  private flush({ connection }: Up, ledger: Ledger): Effect.Effect<void, ConnectionClosed> {
    return Effect.suspend(() => {
      const { accepted } = ledger
      const { handedCount } = this.queue
      return Effect.map(connection.flush, () => {
        ledger.flushed(accepted)
        for (const { fate } of this.queue.flushed(handedCount)) settle(fate, Effect.void)
        this.phases.changed()
      })
    }).pipe((flush) => Effect.andThen(Effect.yieldNow, flush))
  }

  private expire(): void {
    this.end(this.queue.expire(Moment.now(this.clock)), "expired", undefined)
  }

  /** Tells each what became of it: `why` it was not sent, or that nobody knows, since a connection had it before. */
  private end(ended: Ended<Queued>, why: NotSent["why"], cause: LossCause | undefined): void {
    if (ended.notSent.length === 0 && ended.unknown.length === 0) return
    this.lost.notSent += this.fail(ended.notSent, notSent(why, cause))
    this.lost.unknown += this.fail(ended.unknown, this.loss)
    this.phases.changed()
  }

  /** Answers how many messages they are. */
  private fail(items: ReadonlyArray<Queued>, error: NotSent | FateUnknown): number {
    for (const { fate } of items) settle(fate, Effect.fail(error))
    return items.reduce((sum, { messages }) => sum + messages.length, 0)
  }
}

/** Where a message's fate can be waited for. */
export const makeFate = (): Fate => Deferred.makeUnsafe()

const notSent = (why: NotSent["why"], cause: LossCause | undefined) =>
  new NotSent(cause === undefined ? { why } : { why, cause })
