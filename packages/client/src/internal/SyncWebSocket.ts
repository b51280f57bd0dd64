/**
 * A WebSocket with the synchronous face that browsers gave it: events, `send` that cannot wait, `close` that returns at
 * once. It decides nothing about the protocol; an Effect that its maker runs moves it.
 *
 * Unlike a browser's it can be paused, it throws where a message could not be sent in place of losing it, and it keeps
 * no more than a bound of what the peer does not take. As there, a listener that throws is reported, to the log, and
 * nothing else becomes of it: the other listeners are called and the connection goes on.
 */
import { CloseCode, InvalidMessage as Invalid } from "@effect-websocket/core"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { WebSocketEvent, WebSocketLike } from "effect/socket/Socket"
import type { ConnectError } from "../ConnectError.ts"
import type { Connection, Message } from "../Connection.ts"
import { type ConnectionClosed, InvalidMessage } from "../Errors.ts"
import * as InvalidClose from "./InvalidClose.ts"

type EventType = "open" | "message" | "error" | "close"
type Listener = (event: WebSocketEvent) => void

export class SyncWebSocket implements WebSocketLike {
  readyState: number = connecting
  isPaused = false
  /** What the server picked among those offered; empty when none. */
  protocol = ""

  private readonly maxBufferedBytes: number
  private readonly listeners = new Map<EventType, Map<Listener, { readonly once: boolean }>>()
  private readonly outbox: Array<Message> = []
  private outboxBytes = 0
  private closeAsked: { readonly code: number; readonly reason: string } | undefined
  private overflow: Error | undefined
  private readonly wakers = new Set<() => void>()

  constructor(maxBufferedBytes: number) {
    this.maxBufferedBytes = maxBufferedBytes
  }

  addEventListener(type: EventType, listener: Listener, options?: { readonly once?: boolean }): void {
    const listeners = this.listeners.get(type) ?? new Map()
    // One that is there already stays as it is.
    if (!listeners.has(listener)) this.listeners.set(type, listeners.set(listener, { once: options?.once ?? false }))
  }

  removeEventListener(type: EventType, listener: Listener): void {
    this.listeners.get(type)?.delete(listener)
  }

  /** Bytes, or UTF-16 units of texts, that were given and not accepted yet. */
  get bufferedAmount(): number {
    return this.outboxBytes
  }

  send(data: Message): void {
    if (this.readyState !== open)
      throw new Error(
        'Not sent: the WebSocket is not open, so wait for its event "open", or make another one after "close"'
      )
    const invalid = Invalid.ofMessage(data)
    if (invalid !== undefined) throw new InvalidMessage(invalid)
    if (this.outboxBytes + data.length > this.maxBufferedBytes) {
      this.overflow = new Error(
        `Not sent: the peer is too slow, and more than ${this.maxBufferedBytes} bytes would wait (maxBufferedBytes)`
      )
      this.wake()
      throw this.overflow
    }
    this.outbox.push(typeof data === "string" ? data : data.slice())
    this.outboxBytes += data.length
    this.wake()
  }

  /** What was given before leaves first. While connecting it gives up. */
  close(code: number = CloseCode.normal, reason = ""): void {
    const invalid = InvalidClose.of(code, reason)
    if (invalid !== undefined) throw invalid
    if (this.readyState >= closing) return
    this.readyState = closing
    this.closeAsked = { code, reason }
    this.wake()
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
    this.wake()
  }

  /** Its whole life. */
  run<R>(connect: Effect.Effect<Connection, ConnectError, R>): Effect.Effect<void, never, Exclude<R, Scope.Scope>> {
    // Whoever made it has not added its listeners yet.
    return Effect.andThen(Effect.yieldNow, Effect.raceFirst(connect, this.givenUp)).pipe(
      Effect.flatMap((socket) => this.converse(socket)),
      Effect.scoped,
      Effect.catch((failure) => this.dispatch("error", { error: failure, message: failure.message })),
      Effect.catchDefect((defect) =>
        Effect.andThen(Effect.logError("A WebSocket died", defect), this.dispatch("error", errorOf(defect)))
      ),
      Effect.onExit(() => this.ended(CloseCode.abnormalClosure, ""))
    )
  }

  private readonly givenUp: Effect.Effect<never, Error> = Effect.flatMap(
    this.until(() => this.closeAsked !== undefined),
    () => Effect.fail(new Error("Closed before it was open"))
  )

  private converse(socket: Connection): Effect.Effect<void, Error> {
    return Effect.suspend(() => {
      this.readyState = open
      this.protocol = socket.subprotocol ?? ""
      const conversing = Effect.raceAllFirst([
        this.read(socket),
        this.write(socket),
        this.overflowed(socket),
        this.noticeEnd(socket)
      ])
      return Effect.andThen(this.dispatch("open", {}), conversing)
    })
  }

  /** Gives messages to listeners while it is not paused, and at last tells how the connection ended. */
  private read(socket: Connection): Effect.Effect<void, Error> {
    const message = Effect.andThen(this.resumed, socket.receive)
    // It may have been paused while it waited for the message.
    const give = Effect.flatMap(message, (data) => {
      const told = this.dispatch("message", { data })
      return this.isPaused ? Effect.andThen(this.resumed, told) : told
    })
    return Effect.catch(Effect.forever(give, { disableYield: true }), (failure) =>
      Effect.flatMap(socket.closed, ({ closeCode, closeReason }) => {
        if (this.overflow !== undefined) return Effect.fail(this.overflow)
        if (failure._tag !== "ConnectionClosed") return Effect.fail(failure)
        return this.ended(closeCode, closeReason)
      })
    )
  }

  /** Sends what was given, and closes when that was asked for; `read` learns of every end. */
  private write(socket: Connection): Effect.Effect<never> {
    const step: Effect.Effect<unknown, ConnectionClosed | InvalidMessage> = Effect.suspend(() => {
      const messages = this.outbox.splice(0)
      if (messages.length > 0) return Effect.ensuring(socket.sendAll(messages), this.accepted(messages))
      const asked = this.closeAsked
      if (asked !== undefined) return Effect.andThen(socket.close(asked.code, asked.reason), Effect.never)
      return this.until(() => this.outbox.length > 0 || this.closeAsked !== undefined)
    })
    return Effect.catch(Effect.forever(step, { disableYield: true }), () => this.closing)
  }

  /** The peer may have begun to close: what is given to `send` from now on could not be sent. */
  private noticeEnd(socket: Connection): Effect.Effect<never> {
    return Effect.andThen(socket.ended, this.closing)
  }

  private readonly closing: Effect.Effect<never> = Effect.suspend(() => {
    if (this.readyState === open) this.readyState = closing
    return Effect.never
  })

  private readonly resumed: Effect.Effect<void> = this.until(() => !this.isPaused)

  private accepted(messages: ReadonlyArray<Message>): Effect.Effect<void> {
    return Effect.sync(() => {
      for (const message of messages) this.outboxBytes -= message.length
    })
  }

  /** There is no saying goodbye to a peer that takes nothing. */
  private overflowed(socket: Connection): Effect.Effect<never> {
    const overflow = this.until(() => this.overflow !== undefined)
    return Effect.andThen(Effect.andThen(overflow, socket.abort), Effect.never)
  }

  /** The first call counts. */
  private ended(code: number, reason: string): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.readyState === closed) return Effect.void
      this.readyState = closed
      // As in browsers, `bufferedAmount` goes on telling of it.
      this.outbox.length = 0
      return this.dispatch("close", { code, reason })
    })
  }

  private dispatch(
    type: EventType,
    event: WebSocketEvent & { readonly error?: Error; readonly message?: string }
  ): Effect.Effect<void> {
    return Effect.suspend(() => {
      const defects: Array<unknown> = []
      const listeners: ReadonlyMap<Listener, { readonly once: boolean }> = this.listeners.get(type) ?? new Map()
      // Those that are there now: one that is added meanwhile waits for the next event, also when it adds itself again.
      for (const [listener, options] of [...listeners]) {
        if (listeners.get(listener) !== options) continue
        if (options.once) this.removeEventListener(type, listener)
        try {
          listener({ type, ...event })
        } catch (defect) {
          defects.push(defect)
        }
      }
      if (defects.length === 0) return Effect.void
      return Effect.logError(`A listener of a WebSocket threw at "${type}"`, ...defects)
    })
  }

  private until(condition: () => boolean): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      if (condition()) return resume(Effect.void)
      const waker = () => {
        if (condition() && this.wakers.delete(waker)) resume(Effect.void)
      }
      this.wakers.add(waker)
      return Effect.sync(() => {
        this.wakers.delete(waker)
      })
    })
  }

  private wake(): void {
    for (const waker of this.wakers) waker()
  }
}

const errorOf = (defect: unknown) => {
  const error = defect instanceof Error ? defect : new Error(String(defect), { cause: defect })
  return { error, message: error.message }
}

// As every WebSocket has numbered them since browsers did.
const connecting = 0
const open = 1
const closing = 2
const closed = 3
