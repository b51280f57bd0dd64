/**
 * Requests and their responses over a stream of messages: each response goes to its request, and all other messages can still
 * be received.
 *
 * One fiber, in the caller's scope, reads. Requests never block each other's responses; but other messages that nobody takes
 * do, once as many are kept as the limits allow.
 */
import { OptionSchema } from "@effect-websocket/transport"
import type * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import type * as Stream from "effect/Stream"
import type { FateUnknown, LossCause, NotSent } from "./ClientErrors.ts"
import type { InvalidOptions } from "./ConnectError.ts"
import type { Messages, SendOptions } from "./Connection.ts"
import { batchSize } from "./internal/BatchSize.ts"
import { Exchange, type Other } from "./internal/Exchange.ts"
import * as OptionDecoder from "./internal/OptionDecoder.ts"
import type { RequestTimedOut } from "./MessageErrors.ts"
import type { Status } from "./Status.ts"

const { Count, Time, withDefault } = OptionSchema

/** The options that are data. */
export const Options = Schema.Struct({
  /** How long a request may take, including the wait for its turn. Default 30 s. */
  timeout: Time.pipe(withDefault(Duration.seconds(30))),
  /** How many requests may await a response; more wait for their turn, first come first served. Default 1,024. */
  maxInFlight: Count.pipe(withDefault(1024)),
  /** How many other messages are kept until they are taken. When there are so many, reading stops. Default 1,024. */
  maxOthers: Count.pipe(withDefault(1024)),
  /**
   * The size of those messages as received, in bytes, or UTF-16 units for text; values of a schema count as their message did,
   * and any other value counts as nothing. Default 1 MiB; one always fits.
   */
  maxOthersBytes: Count.pipe(withDefault(0x100000)),
  /** `discard`: other messages are dropped and counted, for programs that only make requests. Default `keep`. */
  others: Schema.Literals(["keep", "discard"]).pipe(withDefault("keep"))
})

export type Settings = typeof Options.Type

/** How to recognise a response, and the limits. */
export interface MakeOptions<A> extends Partial<typeof Options.Encoded> {
  /** The id of the request that a message answers; undefined if it answers none. */
  readonly responseId: (message: A) => number | undefined
  /** The client's `statusChanges`: requests then fail as soon as their connection is lost, not only when the client stops. */
  readonly statusChanges?: Stream.Stream<Status>
}

/** Requests, and the messages that answer none: those include late responses, whose request no longer waits. */
export interface Requests<A, In, RE, SE, Options = SendOptions> extends Messages<A, In, RE, SE, Options> {
  /**
   * Sends what `make` returns for a new id, and succeeds with the response. If interrupted, it stops waiting and frees its
   * place.
   *
   * Fails with RequestTimedOut after `timeout`, with FateUnknown if the connection was lost after the request was sent, and
   * with NotSent or the error of sending if the request was not sent.
   */
  readonly request: (
    make: (id: number) => In,
    options?: { readonly timeout?: Duration.Input }
  ) => Effect.Effect<A, SE | NotSent | FateUnknown | RequestTimedOut>
  /** How many requests await their response, or are being sent. */
  readonly inFlight: Effect.Effect<number>
  /** How many other messages were dropped, where `others` is `discard`. */
  readonly discarded: Effect.Effect<number>
}

/**
 * Takes all `messages` as long as the scope lasts. One bad message must not end all requests, so `WebSocket.schema` needs an
 * `onDecodeError` that does not fail, such as `() => Effect.void`. "`DecodeFailed` is not assignable" means that it is missing.
 */
export const make: <A, In, RE extends LossCause, SE, SO>(
  messages: Messages<A, In, RE, SE, SO>,
  options: MakeOptions<A>
) => Effect.Effect<Requests<A, In, RE, SE, SO>, InvalidOptions, Scope.Scope> = Effect.fnUntraced(function* <
  A,
  In,
  RE extends LossCause,
  SE,
  SO
>(messages: Messages<A, In, RE, SE, SO>, { responseId, statusChanges, ...data }: MakeOptions<A>) {
  const settings = yield* decode(data)
  const exchange = new Exchange(messages, responseId, settings, {
    slots: yield* Semaphore.make(settings.maxInFlight),
    others: yield* Queue.bounded<Other<A>, RE | Cause.Done>(settings.maxOthers)
  })
  yield* Effect.forkScoped(exchange.run, { startImmediately: true })
  if (statusChanges !== undefined) yield* Effect.forkScoped(exchange.watch(statusChanges), { startImmediately: true })
  const requests: Requests<A, In, RE, SE, SO> = {
    request: (make, { timeout = settings.timeout } = {}) =>
      Effect.suspend(() => exchange.request(make, Duration.fromInputUnsafe(timeout))),
    messages: exchange.others,
    receive: Effect.map(exchange.receiveN(1), (taken) => taken[0]),
    receiveN: (most) => exchange.receiveN(batchSize(most)),
    send: messages.send,
    sendAll: messages.sendAll,
    inFlight: Effect.sync(() => exchange.inFlight.size),
    discarded: Effect.sync(() => exchange.discarded)
  }
  return requests
})

const decode = OptionDecoder.whole(Options)
