/**
 * A long-lived client: one conversation over as many connections as it takes.
 *
 * `make` opens one for the scope, `Service` names one among many of a program. What it does after a loss is said by
 * `reconnect` (when), `onLost` (whether) and `outbox` (what becomes of messages meanwhile).
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

/** What can be said about one message, and whether it outlives a connection. */
export interface ClientSendOptions extends SendOptions {
  /**
   * True: the outbox keeps the message until it was handed to the kernel, over as many connections as that takes. False,
   * the default: it is bound to the connection that accepts it, and lost with it.
   */
  readonly durable?: boolean
}

/** What sending can fail with. What was accepted before and lost later is counted, and reported to `onLost`. */
export type ClientSendError = InvalidMessage | NotSent | FateUnknown

/** One conversation over as many connections as it takes. `make` opens one. */
export interface Client extends Messages<Message, Message, ClientReceiveError, ClientSendError, ClientSendOptions> {
  /**
   * As `send`, and answers what becomes of the message: an Effect that succeeds when all of it was handed to the kernel,
   * and fails with NotSent or FateUnknown when the connection was lost before. That the peer has it, only the peer
   * can tell.
   */
  readonly sendTracked: (
    message: Message,
    options?: ClientSendOptions
  ) => Effect.Effect<Effect.Effect<void, NotSent | FateUnknown>, ClientSendError>
  /** Where it stands now. */
  readonly status: Effect.Effect<Status>
  /** The status now and each one after it, to `Stopped`. A slow reader misses the older ones. */
  readonly statusChanges: Stream.Stream<Status>
  /** The open connection: waits for the next one while there is none, and fails once there will be none. */
  readonly connection: Effect.Effect<Connection, ClientReceiveError>
  /**
   * Connects now: ends the wait for the next attempt, or replaces an open connection by a new one, as after a change of
   * the network; the old one is waited for no longer than `interruptCloseTimeout`. Does nothing while an attempt is going
   * on, paused or stopped.
   */
  readonly reconnectNow: Effect.Effect<void>
  /** Closes the connection with 1000 and makes none until `resume`. Succeeds when the connection has ended. */
  readonly pause: Effect.Effect<void>
  readonly resume: Effect.Effect<void>
  /**
   * Stops for good: what the outbox holds leaves first where there is a connection, then the closing handshake is
   * performed. A pending attempt is interrupted at once. Answers how the last connection ended; 1006 without one.
   */
  readonly close: (closeCode?: number, closeReason?: string) => Effect.Effect<CloseInfo, InvalidMessage>
  /** Messages that the outbox holds, and their size in bytes or UTF-16 units. */
  readonly outbox: Effect.Effect<{ readonly messages: number; readonly bytes: number }>
  /** Messages lost since the client was made. */
  readonly lost: Effect.Effect<LostMessages>
}

/**
 * A client that lives as long as the scope. It dials at once and in the background: `status` tells how far it is, and
 * sending and taking wait for it. Leaving the scope says goodbye as a connection does, and nothing outlives it.
 *
 * Fails only for options that can never lead to a connection.
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
  reconnectNow: Effect.sync(() => client.control.reconnectNow()),
  pause: client.pause,
  resume: Effect.sync(() => client.control.want({ _tag: "Run" })),
  close: (closeCode = 1000, closeReason = "") =>
    Effect.suspend(() => {
      const invalid = InvalidClose.of(closeCode, closeReason)
      return invalid === undefined ? client.close(closeCode, closeReason) : Effect.fail(invalid)
    }),
  outbox: Effect.sync(() => ({ messages: outbox.queue.messages, bytes: outbox.queue.bytes })),
  lost: Effect.sync(() => client.losses.lost)
})

/** A client as a service: one class for each of a program's clients, by an id of its own. */
export const Service =
  <Self>() =>
  <const Id extends string>(id: Id): ServiceClass<Self, Id> => {
    const service = Context.Service<Self, Client>()(id)
    const layer = <R>(options: ClientOptions.ClientOptions<R>) => Layer.effect(service, make(options))
    const layerConfig = <R>(prefix: string, functions?: ClientOptions.FromFunctions<R>) =>
      Layer.effect(service, Effect.flatMap(ClientConfig.load(prefix, functions), make))
    return Object.assign(service, { layer, layerConfig })
  }

/** What `class Prices extends Client.Service<Prices>()("app/Prices") {}` has: the key, and the layers that make the client. */
export interface ServiceClass<Self, Id extends string> extends Context.ServiceClass<Self, Id, Client> {
  /** A client that lives as long as the layer. */
  readonly layer: <R = never>(
    options: ClientOptions.ClientOptions<R>
  ) => Layer.Layer<Self, InvalidOptions | InvalidUrl, Transport | Exclude<R, Scope.Scope>>
  /**
   * The same with options from the environment, or any ConfigProvider: with `WS` as prefix, `WS_URL`,
   * `WS_RECONNECT_FIRST`, `WS_TLS_CA_PATH`. What is a function or an Effect is given here, and then not read.
   * A key that is no option fails, unless it is in upper case: an environment has variables of others as well.
   */
  readonly layerConfig: <R = never>(
    prefix: string,
    functions?: ClientOptions.FromFunctions<R>
  ) => Layer.Layer<Self, Config.ConfigError | InvalidOptions | InvalidUrl, Transport | Exclude<R, Scope.Scope>>
}
