/**
 * A WebSocket with the synchronous interface of browsers: events, a `send` that cannot wait, and a `close` that returns at
 * once. The protocol is a `Connection`'s; whoever makes a SyncWebSocket has to run its Effect (`run`).
 *
 * Unlike a browser's WebSocket it can be paused, it throws if a message cannot be sent instead of losing it, and it limits what
 * waits for a slow peer. As in browsers, a listener that throws is only reported, here to the log: the other listeners are
 * called and the connection goes on.
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
  /** The subprotocol that the server chose; empty if there is none. */
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
    // As in browsers, adding a listener again changes nothing.
    if (!listeners.has(listener)) this.listeners.set(type, listeners.set(listener, { once: options?.once ?? false }))
  }

  removeEventListener(type: EventType, listener: Listener): void {
    this.listeners.get(type)?.delete(listener)
  }

  /** Bytes (UTF-16 units for text) that were given to `send` and not accepted by the connection yet. */
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

  /** Closes after what was given to `send` before. While connecting, it gives up. */
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

  /** Connects, and runs the WebSocket to its end. */
  run<R>(connect: Effect.Effect<Connection, ConnectError, R>): Effect.Effect<void, never, Exclude<R, Scope.Scope>> {
    // Yields first, since whoever made it adds its listeners afterwards.
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

  /** Gives messages to listeners while it is not paused, and in the end tells how the connection ended. */
  private read(socket: Connection): Effect.Effect<void, Error> {
    const message = Effect.andThen(this.resumed, socket.receive)
    // The program may have paused it while it waited for the message.
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

  /** Sends what was given to `send`, and closes when asked to. It never ends, since `read` reports every end. */
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

  /** The peer may begin to close: from then on nothing can be sent. */
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

  /** Aborts, since a peer that takes nothing would not answer a Close. */
  private overflowed(socket: Connection): Effect.Effect<never> {
    const overflow = this.until(() => this.overflow !== undefined)
    return Effect.andThen(Effect.andThen(overflow, socket.abort), Effect.never)
  }

  /** Only the first call counts. */
  private ended(code: number, reason: string): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.readyState === closed) return Effect.void
      this.readyState = closed
      // As in browsers, `bufferedAmount` stays as it was.
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
      // Only the listeners of now: one that is added meanwhile waits for the next event, even if it adds itself again.
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

// The numbers that browsers use.
const connecting = 0
const open = 1
const closing = 2
const closed = 3
