/**
 * How a long-lived client sends: over the open connection, or later, from the outbox.
 *
 * A message that is not durable and has nothing to wait behind goes to the connection directly. Everything else passes
 * through the queue (`OutboxQueue`), which one fiber per connection empties in order. That fiber also learns what was
 * flushed, so after a loss the fate of each accepted message is known, and those that may be lost are counted.
 */
import { MessageParts } from "@effect-websocket/core"
import { NodePlatform } from "@effect-websocket/transport"
import type * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { ClientSendError, ClientSendOptions } from "../Client.ts"
import { FateUnknown, type LossCause, NotSent } from "../ClientErrors.ts"
import type { Connection, Message } from "../Connection.ts"
import { type ConnectionClosed, InvalidMessage } from "../Errors.ts"
import type { OutboxOptions } from "../OutboxOptions.ts"
import { Changes } from "./Changes.ts"
import { type Fate, Ledger, settle } from "./Ledger.ts"
import type { Counts } from "./Meter.ts"
import * as Moment from "./Moment.ts"
import { type Ended, type Item, OutboxQueue } from "./OutboxQueue.ts"
import type { Phases, Up } from "./Phase.ts"
import { Turns } from "./Turns.ts"

/** What one call of the program sends. */
interface Sending {
  /** The array is ours. The bytes in it belong to the program until the queue has copied them. */
  readonly messages: ReadonlyArray<Message>
  readonly bytes: number
  readonly options: ClientSendOptions | undefined
  readonly fate: Fate | undefined
}

interface Queued extends Item, Sending {
  messages: ReadonlyArray<Message>
}

export class Outbox {
  /** How many accepted messages failed later, by their fate. */
  readonly lost = { notSent: 0, unknown: 0 }
  readonly queue: OutboxQueue<Queued>
  private readonly phases: Phases
  private readonly options: OutboxOptions
  private readonly clock: Clock.Clock
  /** What the open connection has accepted. */
  private ledger = new Ledger()
  /** Changes when there is something to send or to flush. */
  private readonly work = new Changes()
  /** Senders that wait for room, or behind those that do. */
  private readonly line: Turns<Sending, ClientSendError>
  /** The failure of messages that the last connection had and that are given up later. */
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
      // The program may change its array while the messages wait.
      const own = messages.slice()
      return this.submit({ messages: own, bytes: own.reduce((sum, { length }) => sum + length, 0), options, fate })
    })
  }

  /** `isNext`: it has waited in line, and its turn has come. */
  private submit(sending: Sending, isNext = false): Effect.Effect<void, ClientSendError> {
    return Effect.suspend((): Effect.Effect<void, ClientSendError> => {
      const { current: phase, version } = this.phases
      if (phase._tag === "Over") return Effect.fail(notSent("stopped", phase.cause))
      if (phase._tag === "Down") {
        if (this.options.whileDisconnected === "suspend") return this.submitAfter(version, sending)
        if (this.options.whileDisconnected === "fail") {
          return Effect.fail(notSent(phase.isLast ? "stopped" : "disconnected", phase.cause))
        }
      } else if ((isNext || this.line.isEmpty) && this.goesDirectly(sending)) {
        return this.sendOver(phase, sending, this.submitAfter(version, sending))
      }
      return this.enqueue(sending, isNext)
    })
  }

  private submitAfter(version: number, sending: Sending): Effect.Effect<void, ClientSendError> {
    return Effect.flatMap(this.phases.after(version), () => this.submit(sending))
  }

  /** Whether it may go straight to the connection, provided that nobody waits in line before it. */
  private goesDirectly({ options }: Sending): boolean {
    return options?.durable !== true && this.queue.isIdle
  }

  /** Sends over the open connection. If that has ended and did not accept the message, tries again after the phase changed. */
  private sendOver(
    { connection }: Up,
    { fate, messages, options }: Sending,
    later: Effect.Effect<void, ClientSendError>
  ): Effect.Effect<void, ClientSendError> {
    const { ledger } = this
    return Effect.matchEffect(sendOn(connection, messages, options), {
      onSuccess: () => {
        ledger.accept(messages.length, fate)
        this.work.changed()
        return Effect.void
      },
      onFailure: (error) => {
        if (error._tag === "InvalidMessage") return Effect.fail(error)
        // If there were several messages, some of them may have left.
        return messages.length === 1 ? later : Effect.fail(new FateUnknown({ cause: error }))
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
    // The send succeeds now, so the program may reuse its bytes.
    item.messages = messages.map((message) => (typeof message === "string" ? message : message.slice()))
    this.end(offer.dropped, "overflow", undefined)
    this.work.changed()
    return Effect.void
  }

  /** Whether `submit` would not wait any more: it would succeed or fail. */
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
   * Sends what is queued, and learns what was flushed, while the connection is open. Call it before the phase is `up`, and
   * run the result afterwards. Interrupting it loses nothing.
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
      // The connection has ended; `LongLived` learns that from the connection itself.
      Effect.catch(() => Effect.void)
    )
  }

  /** Succeeds once everything that was accepted is flushed, or the phase has changed. */
  readonly emptied: Effect.Effect<void> = Effect.suspend(() => {
    const { current } = this.phases
    return this.phases.until(() =>
      (this.queue.isEmpty && this.ledger.unknown === 0) || this.phases.current !== current ? true : undefined
    )
  })

  /** The connection has ended and `drain` has stopped: decides the fate of every message that the connection had. */
  lose(cause: LossCause | undefined): void {
    this.loss = new FateUnknown(cause === undefined ? {} : { cause })
    this.lost.unknown += this.ledger.lost(this.loss)
    this.end(this.queue.lost(), "session lost", cause)
  }

  /** There will be no other connection. */
  stop(cause: LossCause | undefined): void {
    this.end(this.queue.stop(), "stopped", cause)
    this.work.changed()
  }

  /** Fails messages that are older than `maxAge`. One fiber runs it as long as the client exists. */
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
    return Effect.matchEffect(sendOn(connection, messages, options), {
      onSuccess: () => {
        if (!durable) ledger.accept(messages.length, fate)
        this.queue.accepted()
        this.phases.changed()
        return Effect.void
      },
      onFailure: (error) => {
        if (error._tag === "InvalidMessage") return Effect.die(error)
        // If there were several messages, some may have left, so all of them are treated as if they had.
        if (messages.length === 1) this.queue.returned()
        else if (durable) this.queue.accepted()
        else {
          ledger.accept(messages.length, fate)
          this.queue.accepted()
        }
        return Effect.fail(error)
      }
    })
  }

  /** Yields first, so that all sends of this turn of the event loop become one write. */
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

  /** Fails each message with its fate: not sent, and `why`, or unknown if a connection had it before. */
  private end(ended: Ended<Queued>, why: NotSent["why"], cause: LossCause | undefined): void {
    if (ended.notSent.length === 0 && ended.unknown.length === 0) return
    this.lost.notSent += this.fail(ended.notSent, notSent(why, cause))
    this.lost.unknown += this.fail(ended.unknown, this.loss)
    this.phases.changed()
  }

  /** Returns how many messages they are. */
  private fail(items: ReadonlyArray<Queued>, error: NotSent | FateUnknown): number {
    for (const { fate } of items) settle(fate, Effect.fail(error))
    return items.reduce((sum, { messages }) => sum + messages.length, 0)
  }
}

const sendOn = (connection: Connection, messages: ReadonlyArray<Message>, options: ClientSendOptions | undefined) =>
  messages.length === 1 ? connection.send(messages[0]!, options) : connection.sendAll(messages, options)

/** Completed when it is known what became of a message. */
export const makeFate = (): Fate => Deferred.makeUnsafe()

const notSent = (why: NotSent["why"], cause: LossCause | undefined) =>
  new NotSent(cause === undefined ? { why } : { why, cause })
