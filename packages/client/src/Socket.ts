/**
 * Adapters to effect/socket: whatever is built on its `Socket`, such as RPC and the developer tools, runs over our connections
 * unchanged. `effect/socket` is unstable, so only this file and `internal/SyncWebSocket` use it.
 *
 * The rules are those of `Socket`. Acquiring the reader dials, and its scope owns the connection. Every end fails the pull: a
 * close, even a clean one, with SocketCloseError, and our own errors (PongTimeout, MessageTooBig, ...) with SocketReadError,
 * whose cause they are. A writer belongs to no connection: while there is none, writes wait for the next.
 */
import { CloseCode } from "@effect-websocket/core"
import { OptionSchema, type Transport } from "@effect-websocket/transport"
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import { ConnectError } from "./ConnectError.ts"
import type { Connection, Message } from "./Connection.ts"
import type { InvalidMessage, ReceiveError, SendError } from "./Errors.ts"
import { Changes } from "./internal/Changes.ts"
import * as OptionDecoder from "./internal/OptionDecoder.ts"
import { SyncWebSocket } from "./internal/SyncWebSocket.ts"
import type { ConnectOptions } from "./Options.ts"
import { connect } from "./WebSocket.ts"

/** Where to dial: a URL, or an Effect that gives one for each dial. */
export type Url<R = never> = string | URL | Effect.Effect<string | URL, unknown, R>

/** A `Socket` that dials a WebSocket. Options may hold Effects, which run once for each dial. */
export const make = <R = never>(
  url: Url<R>,
  options?: ConnectOptions<R>
): Effect.Effect<Socket.Socket, never, Transport | R> =>
  Effect.map(Effect.context<Transport | R>(), (context) => {
    const sockets = new Writing()
    const reader = Effect.gen(function* () {
      const socket = yield* Effect.mapError(
        Effect.flatMap(urlOf(url), (url) => connect(url, options)),
        openError
      )
      yield* sockets.use(socket)
      return yield* readerOf(socket)
    }).pipe(Effect.updateContext((own: Context.Context<Scope.Scope>) => Context.merge(context, own)))
    return Socket.make({ reader, writer: Effect.succeed(sockets.writer) })
  })

/** The same as a layer, for programs that require a `Socket`. */
export const layer = <R = never>(
  url: Url<R>,
  options?: ConnectOptions<R>
): Layer.Layer<Socket.Socket, never, Transport | R> => Layer.effect(Socket.Socket, make(url, options))

/** Further options of WebSockets that are made synchronously. */
export interface ConstructorOptions {
  /**
   * `send` cannot wait, so unsent data is buffered; beyond this many bytes the connection is given up. Default 16 MiB. If it is
   * not a positive integer, the layer dies with InvalidOptions, since a constructor's layer has no error channel.
   */
  readonly maxBufferedBytes?: number
}

/**
 * Makes WebSockets synchronously, as `Socket.layerWebSocket` and others require. Subprotocols and headers given there replace
 * those in `options`. They run in the layer's scope. Prefer `layer`, whose sends wait instead of buffering.
 */
export const layerWebSocketConstructor = <R = never>(
  options: ConnectOptions<R> = {},
  constructorOptions: ConstructorOptions = {}
): Layer.Layer<Socket.WebSocketConstructor, never, Transport | R> =>
  Layer.effect(
    Socket.WebSocketConstructor,
    Effect.gen(function* () {
      const { maxBufferedBytes } = yield* Effect.orDie(decodeConstructor(constructorOptions))
      const fibers = yield* FiberSet.make<void>()
      const run = yield* FiberSet.runtime(fibers)<Transport | R>()
      return (url, given) => {
        if (fibers.state._tag === "Closed") throw new Error(hasBeenLeft)
        const socket = new SyncWebSocket(maxBufferedBytes)
        run(socket.run(connect(url, { ...options, ...handshakeOf(given) })))
        return socket
      }
    })
  )

const hasBeenLeft =
  "Nothing can be dialled any more, since the scope of layerWebSocketConstructor was left: provide that layer to all that uses its WebSockets, not only to what makes them"

const urlOf = <R>(url: Url<R>): Effect.Effect<string | URL, unknown, R> =>
  Effect.isEffect(url) ? (url as Effect.Effect<string | URL, unknown, R>) : Effect.succeed(url)

const readerOf = Effect.fnUntraced(function* (socket: Connection) {
  const reading = new Reading(socket)
  yield* Effect.addFinalizer(() => reading.leave)
  yield* Effect.forkScoped(reading.run, { startImmediately: true })
  return { pull: reading.pull, upgrade: Socket.SocketUpgradeError.unsupported }
})

type Batch = NonEmptyReadonlyArray<Message>

/**
 * The read side of a connection. One fiber takes messages when it is asked to, so that a pull fails as soon as the scope is
 * left, although the connection takes time to end. A race in each pull would do the same, but made receiving cost half as much
 * again. What was taken for an interrupted pull goes to the next one.
 */
class Reading {
  private readonly socket: Connection
  private readonly asked = new Changes()
  /** What was taken and not returned by a pull yet. */
  private taken: Effect.Effect<Batch, Socket.SocketError> | undefined
  private readonly waiting = new Set<(taken: Effect.Effect<Batch, Socket.SocketError>) => void>()
  private hasLeft = false

  constructor(socket: Connection) {
    this.socket = socket
  }

  readonly pull: Effect.Effect<Batch, Socket.SocketError> = Effect.callback((resume) => {
    const { taken } = this
    this.taken = undefined
    if (this.hasLeft) return resume(hasLeft)
    if (taken !== undefined) return resume(taken)
    this.waiting.add(resume)
    this.asked.changed()
    return Effect.sync(() => {
      this.waiting.delete(resume)
    })
  })

  /** Nobody has heard the peer's code by then. */
  readonly leave: Effect.Effect<void> = Effect.sync(() => {
    this.hasLeft = true
    for (const resume of this.waiting) resume(hasLeft)
  })

  get run(): Effect.Effect<never> {
    const take = Effect.exit(Effect.mapError(this.socket.receiveN(Number.POSITIVE_INFINITY), readError))
    const step = Effect.map(take, (taken) => this.give(taken))
    const isAsked = this.asked.until(() => (this.waiting.size === 0 ? undefined : true))
    return Effect.forever(Effect.andThen(isAsked, step), { disableYield: true })
  }

  private give(taken: Effect.Effect<Batch, Socket.SocketError>): void {
    const [first] = this.waiting
    if (first === undefined) this.taken = taken
    else {
      this.waiting.delete(first)
      first(taken)
    }
  }
}

/** The write side of a socket. It continues on the next connection after each loss. */
class Writing {
  private current: Connection | undefined
  private readonly connected = Latch.makeUnsafe(false)

  /** Writes to this connection while it and its scope are open. */
  use(socket: Connection): Effect.Effect<void, never, Scope.Scope> {
    this.current = socket
    this.connected.openUnsafe()
    const forget = Effect.sync(() => this.forget(socket))
    return Effect.andThen(
      Effect.addFinalizer(() => forget),
      Effect.forkScoped(Effect.andThen(socket.closed, forget))
    )
  }

  private forget(socket: Connection): void {
    if (this.current !== socket) return
    this.current = undefined
    this.connected.closeUnsafe()
  }

  readonly writer: Socket.Writer = {
    write: (chunk) =>
      Socket.isCloseEvent(chunk)
        ? this.writing((socket) => socket.close(chunk.code, chunk.reason))
        : this.writing((socket) => socket.send(chunk)),
    writeAll: (chunks) => this.writeAll(chunks)
  }

  /** Sends one by one, so that each message is sent once, wherever a connection ends. They still become one write. */
  private writeAll(chunks: NonEmptyReadonlyArray<Message>): Effect.Effect<void, Socket.SocketError> {
    return Effect.forEach(chunks, (chunk) => this.writer.write(chunk), { discard: true })
  }

  /** What still waits in line when a connection ends was not sent, so it is sent on the next one. */
  private writing(
    write: (socket: Connection) => Effect.Effect<unknown, SendError>
  ): Effect.Effect<void, Socket.SocketError> {
    return Effect.suspend(() => {
      const socket = this.current
      if (socket === undefined) return this.connected.whenOpen(this.writing(write))
      return Effect.matchEffect(write(socket), {
        onSuccess: () => Effect.void,
        onFailure: (failure) => {
          if (failure._tag === "InvalidMessage") return Effect.fail(writeError(failure))
          this.forget(socket)
          return this.writing(write)
        }
      })
    })
  }
}

/** Converts Effect's form of subprotocols and headers to ours. */
const handshakeOf = (given: Socket.WebSocketConstructorOptions | undefined): ConnectOptions => {
  if (given === undefined) return {}
  const { headers, protocols } = typeof given === "string" || Array.isArray(given) ? { protocols: given } : given
  return {
    ...(protocols !== undefined && { subprotocols: typeof protocols === "string" ? [protocols] : protocols }),
    ...(headers !== undefined && { headers })
  }
}

const openError = (cause: unknown): Socket.SocketError => {
  const timedOut = cause instanceof ConnectError && cause.reason._tag === "TimedOut"
  return new Socket.SocketError({
    reason: new Socket.SocketOpenError({ kind: timedOut ? "Timeout" : "Unknown", cause })
  })
}

const readError = (failure: ReceiveError): Socket.SocketError =>
  failure._tag === "ConnectionClosed"
    ? closeError(failure.closeCode, failure.closeReason)
    : new Socket.SocketError({ reason: new Socket.SocketReadError({ cause: failure }) })

const writeError = (cause: InvalidMessage): Socket.SocketError =>
  new Socket.SocketError({ reason: new Socket.SocketWriteError({ cause }) })

const closeError = (code: number, closeReason?: string): Socket.SocketError =>
  new Socket.SocketError({ reason: new Socket.SocketCloseError({ code, closeReason }) })

const hasLeft = Effect.fail(closeError(CloseCode.abnormalClosure))

/** Larger than any burst that a peer takes within a moment. */
export const defaultMaxBufferedBytes = 0x1000000

const decodeConstructor = OptionDecoder.whole(
  Schema.Struct({
    maxBufferedBytes: OptionSchema.Count.pipe(OptionSchema.withDefault(defaultMaxBufferedBytes))
  })
)
