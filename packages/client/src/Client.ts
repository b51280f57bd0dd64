/**
 * A long-lived client: one conversation over as many connections as it takes.
 *
 * `make` opens one for the scope, `Service` makes one a service. After a loss, `onLost` decides whether to reconnect,
 * `reconnect` decides when, and `outbox` decides what happens to messages meanwhile.
 */
import type { Transport } from "@effect-websocket/transport"
import * as Clock from "effect/Clock"
import type * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ClientReceiveError, FateUnknown, NotSent } from "./ClientErrors.ts"
import * as ClientOptions from "./ClientOptions.ts"
import type { CloseInfo } from "./CloseInfo.ts"
import type { InvalidOptions, InvalidUrl } from "./ConnectError.ts"
import type { Connection, Message, Messages, SendOptions } from "./Connection.ts"
import type { InvalidMessage } from "./Errors.ts"
import { batchSize } from "./internal/BatchSize.ts"
import * as ClientConfig from "./internal/ClientConfig.ts"
import { Incoming } from "./internal/Incoming.ts"
import * as InvalidClose from "./internal/InvalidClose.ts"
import { LongLived, type Parts } from "./internal/LongLived.ts"
import * as Meter from "./internal/Meter.ts"
import { makeFate, Outbox } from "./internal/Outbox.ts"
import { Phases } from "./internal/Phase.ts"
import * as StatusBoard from "./internal/StatusBoard.ts"
import type { LostMessages, Status } from "./Status.ts"
import * as WebSocket from "./WebSocket.ts"

/** Options for sending one message, including whether it outlives a connection. */
export interface ClientSendOptions extends SendOptions {
  /**
   * True: the outbox keeps the message until it was handed to the kernel, over as many connections as that takes. False, the
   * default: the message belongs to the connection that accepts it, and is lost with it.
   */
  readonly durable?: boolean
}

/** What sending can fail with. Messages that were accepted and lost later are counted, and reported to `onLost`. */
export type ClientSendError = InvalidMessage | NotSent | FateUnknown

/** One conversation over as many connections as it takes. `make` opens one. */
export interface Client extends Messages<Message, Message, ClientReceiveError, ClientSendError, ClientSendOptions> {
  /**
   * Like `send`, but returns the fate of the message: an Effect that succeeds when all of it was handed to the kernel, and
   * fails with NotSent or FateUnknown when the connection was lost before that. Whether the peer received it, only the peer can
   * tell.
   */
  readonly sendTracked: (
    message: Message,
    options?: ClientSendOptions
  ) => Effect.Effect<Effect.Effect<void, NotSent | FateUnknown>, ClientSendError>
  /** The current state: connecting, open, waiting, paused or stopped. */
  readonly status: Effect.Effect<Status>
  /** The current status and every later one, up to `Stopped`. A slow reader misses older ones. */
  readonly statusChanges: Stream.Stream<Status>
  /** The open connection. Waits for the next one while there is none, and fails once the client has stopped. */
  readonly connection: Effect.Effect<Connection, ClientReceiveError>
  /**
   * Connects now: ends the wait for the next attempt, or replaces an open connection, for example after a network change. The
   * old one gets no longer than `interruptCloseTimeout` to close. Does nothing while an attempt is in progress, or while the
   * client is paused or stopped.
   */
  readonly reconnectNow: Effect.Effect<void>
  /** Closes the connection with 1000 and makes no other until `resume`. Succeeds when the connection has ended. */
  readonly pause: Effect.Effect<void>
  readonly resume: Effect.Effect<void>
  /**
   * Stops for good. If there is a connection, the outbox is sent first, then the closing handshake is performed, both within
   * `deadlines.closeTimeout`. A pending attempt is interrupted at once. Returns how the last connection ended, or 1006 if there
   * was none.
   */
  readonly close: (closeCode?: number, closeReason?: string) => Effect.Effect<CloseInfo, InvalidMessage>
  /** How many messages the outbox holds, and their size in bytes (UTF-16 units for text). */
  readonly outbox: Effect.Effect<{ readonly messages: number; readonly bytes: number }>
  /** Messages lost since the client was made. */
  readonly lost: Effect.Effect<LostMessages>
}

/**
 * Makes a client that lives as long as the scope. It connects in the background, starting at once: `status` shows the progress,
 * and sending and receiving wait for a connection. Leaving the scope closes as a connection does, and nothing outlives it.
 *
 * Fails only if the options can never lead to a connection.
 */
export const make = Effect.fnUntraced(function* <R = never>(
  options: ClientOptions.ClientOptions<R>
): Effect.fn.Return<Client, InvalidOptions | InvalidUrl, Transport | Scope.Scope | R> {
  const clock = yield* Clock.Clock
  const { connect, delays, own, settings, url } = yield* ClientOptions.decode(options)
  const phases = new Phases()
  const incoming = new Incoming(phases, settings.limits)
  const outbox = new Outbox(phases, own.outbox, clock)
  const status = yield* StatusBoard.make({ _tag: "Connecting", attempt: 1 })
  const client = new LongLived<R | Transport>({
    ...{ phases, incoming, outbox, status, clock, delays },
    connect: Effect.flatMap(url, (url) => WebSocket.connect(url, connect)),
    uptime: own.reconnect.uptime,
    maxRetryAfter: own.maxRetryAfter,
    onOpenTimeout: own.onOpenTimeout,
    closeTimeout: settings.deadlines.closeTimeout,
    interruptCloseTimeout: settings.deadlines.interruptCloseTimeout,
    ...(options.onOpen && { onOpen: options.onOpen }),
    ...(options.onLost && { onLost: options.onLost })
  })
  const meter = yield* Meter.current
  yield* Effect.acquireRelease(
    Effect.sync(() => meter.watch(outbox)),
    (watch) => Effect.sync(() => meter.forget(watch))
  )
  yield* Effect.forkScoped(client.run, { startImmediately: true })
  if (own.outbox.maxAge !== undefined) yield* Effect.forkScoped(outbox.expiring)
  yield* Effect.addFinalizer((exit) => client.leave(exit))
  return clientOf(client, { incoming, outbox, phases, status })
})

const clientOf = <R>(
  client: LongLived<R>,
  { incoming, outbox, phases, status }: Pick<Parts<R>, "incoming" | "outbox" | "phases" | "status">
): Client => ({
  messages: Stream.fromPull(Effect.succeed(incoming.takeAll)),
  receive: Effect.map(incoming.take(1), (messages) => messages[0]),
  receiveN: (most) => incoming.take(batchSize(most)),
  send: (message, options) => outbox.send([message], options),
  sendAll: (messages, options) => outbox.send(messages, options),
  sendTracked: (message, options) =>
    Effect.suspend(() => {
      const fate = makeFate()
      return Effect.as(outbox.send([message], options, fate), Deferred.await(fate))
    }),
  status: Effect.sync(() => status.current),
  statusChanges: status.changes,
  connection: phases.connection,
  reconnectNow: Effect.sync(() => client.intent.reconnectNow()),
  pause: client.pause,
  resume: Effect.sync(() => client.intent.want({ _tag: "Run" })),
  close: (closeCode = 1000, closeReason = "") =>
    Effect.suspend(() => {
      const invalid = InvalidClose.of(closeCode, closeReason)
      return invalid === undefined ? client.close(closeCode, closeReason) : Effect.fail(invalid)
    }),
  outbox: Effect.sync(() => ({ messages: outbox.queue.messages, bytes: outbox.queue.bytes })),
  lost: Effect.sync(() => client.losses.lost)
})

/** Defines a client as a service. Write one class, with an id of its own, for each client of a program. */
export const Service =
  <Self>() =>
  <const Id extends string>(id: Id): ServiceClass<Self, Id> => {
    const service = Context.Service<Self, Client>()(id)
    const layer = <R>(options: ClientOptions.ClientOptions<R>) => Layer.effect(service, make(options))
    const layerConfig = <R>(prefix: string, functions?: ClientOptions.FromFunctions<R>) =>
      Layer.effect(service, Effect.flatMap(ClientConfig.load(prefix, functions), make))
    return Object.assign(service, { layer, layerConfig })
  }

/**
 * What `class Prices extends Client.Service<Prices>()("app/Prices") {}` has: the service key, and layers that make the client.
 */
export interface ServiceClass<Self, Id extends string> extends Context.ServiceClass<Self, Id, Client> {
  /** A client that lives as long as the layer. */
  readonly layer: <R = never>(
    options: ClientOptions.ClientOptions<R>
  ) => Layer.Layer<Self, InvalidOptions | InvalidUrl, Transport | Exclude<R, Scope.Scope>>
  /**
   * The same with options from the environment, or any ConfigProvider: with the prefix `WS`, these are `WS_URL`,
   * `WS_RECONNECT_FIRST`, `WS_TLS_CA_PATH` and so on. Functions and Effects are given as an argument, which replaces what the
   * environment has. An unknown key fails the layer. In upper case it is named in a warning, since such variables may belong
   * to other programs.
   */
  readonly layerConfig: <R = never>(
    prefix: string,
    functions?: ClientOptions.FromFunctions<R>
  ) => Layer.Layer<Self, Config.ConfigError | InvalidOptions | InvalidUrl, Transport | Exclude<R, Scope.Scope>>
}
