/**
 * Messages that arrive at least once, over as many connections as it takes: each is numbered, kept until the peer acknowledges
 * it, and sent again in order on every new connection of a client.
 *
 * The peer has to take part: it acknowledges numbers, and drops those it has seen before, since a message that was on its way
 * when a connection was lost may come twice. For the other direction, the peer can send a resume token, which the next dial
 * carries.
 */
import { OptionSchema } from "@effect-websocket/transport"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import type { ClientSendError } from "./Client.ts"
import type { ClientReceiveError, FateUnknown, NotSent } from "./ClientErrors.ts"
import type { InvalidOptions } from "./ConnectError.ts"
import type { Message, Messages, SendOptions } from "./Connection.ts"
import type { InvalidMessage, SendError } from "./Errors.ts"
import { batchSize } from "./internal/BatchSize.ts"
import { encoderOf, legal } from "./internal/Encoding.ts"
import { Inspected } from "./internal/Inspected.ts"
import * as OptionDecoder from "./internal/OptionDecoder.ts"
import { Replay, type Session } from "./internal/Replay.ts"
import { ReplayBuffer } from "./internal/ReplayBuffer.ts"
import { ReplayLog } from "./internal/ReplayLog.ts"
import * as Sized from "./internal/Sized.ts"
import type { DecodeFailed, EncodeFailed } from "./MessageErrors.ts"
import type { Status } from "./Status.ts"
import { type SchemaOptions, schema, type TypedMessages } from "./TypedMessages.ts"

const { Count, withDefault } = OptionSchema

/** The options that are data. */
export const Options = Schema.Struct({
  /** How many messages may be unacknowledged. Beyond that `send` waits. Default 1,024. */
  maxMessages: Count.pipe(withDefault(1024)),
  /** Their size, in bytes (UTF-16 units for text). Default 1 MiB; one message always fits. */
  maxBytes: Count.pipe(withDefault(0x100000)),
  /** Whether a number acknowledges everything up to it, or only itself. Default `upTo`. */
  acks: Schema.Literals(["upTo", "each"]).pipe(withDefault("upTo")),
  /** The number of the first message. Default 1. */
  firstNumber: Schema.Int.pipe(withDefault(1))
})

/** How messages are made, how numbers and acknowledgements are found in them, and how many are kept. */
export interface MakeOptions<A, Payload, In, E> extends SchemaOptions<A, In, E>, Partial<typeof Options.Encoded> {
  /** Makes the message that carries a payload and its number. */
  readonly number: (payload: Payload, number: number) => In
  /**
   * The number that a message of the peer acknowledges; undefined if it acknowledges none. With `upTo`, a number that is too
   * high, such as `Infinity`, acknowledges everything sent so far; with `each`, an unknown number acknowledges nothing, and
   * neither does NaN in either case.
   */
  readonly ackOf: (message: A) => number | undefined
  /** The resume token in a message of the peer, if it has one. Default: no message has. */
  readonly tokenOf?: (message: A) => string | undefined
}

/** A message that was accepted but is not acknowledged. */
export interface Unacknowledged {
  readonly number: number
  /** The message as sent on the wire. */
  readonly message: Message
  /** `Unknown`: a connection accepted it, so the peer may have it. */
  readonly fate: "NotSent" | "Unknown"
}

/**
 * The messages of a client, including acknowledgements. `send` succeeds when the message is stored, with or without a
 * connection; it waits while the limits are reached, first come first served. Acknowledgements are seen only as messages are
 * received: receive while you send. Once the client has stopped, all remaining messages are decoded and checked at once.
 */
export interface Acknowledged<A, Payload, RE, SE> extends TypedMessages<A, Payload, RE, SE> {
  /**
   * Succeeds when everything sent so far is acknowledged. Receive meanwhile, as long as it takes: while the client lasts, an
   * acknowledgement is seen only when its message is received, and without it this waits until the scope ends. Fails once the client has stopped and its remaining messages, which
   * are checked even if nobody receives them, do not acknowledge it: with NotSent if no unacknowledged message was ever sent,
   * otherwise with FateUnknown.
   */
  readonly acknowledged: Effect.Effect<void, NotSent | FateUnknown>
}

/** A client, or anything else whose messages span connections. */
export interface Sessions extends Messages<Message, Message, ClientReceiveError, ClientSendError> {
  /**
   * The client's `statusChanges`: with it, waiting fibers learn that the client has stopped even if nobody receives messages.
   */
  readonly statusChanges?: Stream.Stream<Status>
}

/** Messages that are kept until the peer acknowledges them. */
export interface AtLeastOnce<A, Payload, E> {
  /** Sends everything that is unacknowledged again. Give it to the client as `onOpen`. */
  readonly replay: (session: Session) => Effect.Effect<void, SendError>
  /** The last resume token received, for the `url` or `headers` of the next dial. */
  readonly resumeToken: Effect.Effect<string | undefined>
  /** The messages of the client whose `onOpen` runs `replay`. */
  readonly over: (
    client: Sessions
  ) => Acknowledged<A, Payload, ClientReceiveError | E, EncodeFailed | InvalidMessage | NotSent>
  /** The messages that were accepted but are not acknowledged, in order, each with its fate. */
  readonly unacknowledged: Effect.Effect<ReadonlyArray<Unacknowledged>>
}

/** Numbers, keeps and resends messages as long as the scope lasts. */
export const make: <A, Payload, In, E = DecodeFailed>(
  options: MakeOptions<A, Payload, In, E>
) => Effect.Effect<AtLeastOnce<A, Payload, E>, InvalidOptions, Scope.Scope> = Effect.fnUntraced(function* <
  A,
  Payload,
  In,
  E = DecodeFailed
>(options: MakeOptions<A, Payload, In, E>) {
  const { ackOf, number, tokenOf } = options
  const { acks, firstNumber, maxBytes, maxMessages } = options
  const settings = yield* decode({ acks, firstNumber, maxBytes, maxMessages })
  const log = new ReplayLog(settings.firstNumber)
  const replay = new Replay(log, yield* Effect.scope)
  const buffer = new ReplayBuffer(replay, settings, yield* Semaphore.make(1))
  const encode = encoderOf(options)
  let token: string | undefined
  const over = Deferred.makeUnsafe<Effect.Effect<void>>()
  yield* Effect.forkScoped(Effect.flatten(Deferred.await(over)), { startImmediately: true })
  yield* Effect.addFinalizer(() => Effect.sync(() => buffer.end()))

  const see = (message: A): void => {
    token = tokenOf?.(message) ?? token
    const acknowledged = ackOf(message)
    if (acknowledged !== undefined) buffer.acknowledge(acknowledged, settings.acks)
  }
  const sendAll = (payloads: ReadonlyArray<Payload>, sending?: SendOptions) =>
    buffer.send(
      (first) =>
        Effect.forEach(payloads, (payload, i) =>
          Effect.flatMap(encode(number(payload, first + i)), (message) => legal(message, sending?.kind))
        ),
      sending
    )
  const atLeastOnce: AtLeastOnce<A, Payload, E> = {
    replay: (session) => replay.onto(session),
    resumeToken: Effect.sync(() => token),
    over: (client) => {
      const source = new Source(client, buffer)
      const typed = schema(source.messages, options)
      const inspected = new Inspected({ messages: typed, inspect: see, isEnd: source.isEnd, over: () => buffer.end() })
      Deferred.doneUnsafe(over, Effect.succeed(Effect.andThen(source.ended, inspected.inspectRest)))
      const acknowledged: Acknowledged<A, Payload, ClientReceiveError | E, EncodeFailed | InvalidMessage | NotSent> = {
        messages: inspected.messages,
        receive: Effect.map(inspected.receiveN(1), (values) => values[0]),
        receiveN: (most) => inspected.receiveN(batchSize(most)),
        skipped: typed.skipped,
        send: (payload, sending) => sendAll([payload], sending),
        sendAll,
        acknowledged: buffer.acknowledged
      }
      Sized.know(acknowledged.messages, inspected.sized)
      return acknowledged
    },
    unacknowledged: Effect.sync(() =>
      log.all.map(({ message, number, sent }) => ({ number, message, fate: sent ? "Unknown" : "NotSent" }))
    )
  }
  return atLeastOnce
})

/** Finds out when a client has stopped: by its status, or because taking messages from it ends. */
class Source {
  /** The same client, and when it has no more messages that is noted. */
  readonly messages: Sessions
  /** Succeeds once there will be no other session. */
  readonly ended: Effect.Effect<void>
  private readonly buffer: ReplayBuffer
  private readonly noted = Deferred.makeUnsafe<void>()
  private end: unknown

  constructor(client: Sessions, buffer: ReplayBuffer) {
    this.buffer = buffer
    this.messages = {
      ...client,
      messages: Stream.transformPull(client.messages, (pull) => Effect.succeed(this.noting(pull))),
      receiveN: (most) => this.noting(client.receiveN(most))
    }
    this.ended = Effect.raceFirst(this.stopped(client), Deferred.await(this.noted))
  }

  /** Whether this is the cause with which the client ended. */
  readonly isEnd = (cause: Cause.Cause<unknown>): boolean => Cause.squash(cause) === this.end

  private noting<T, E extends ClientReceiveError | Cause.Done>(taking: Effect.Effect<T, E>): Effect.Effect<T, E> {
    return Effect.onError(taking, (cause) =>
      Effect.sync(() => {
        if (Cause.hasInterruptsOnly(cause)) return
        this.end = Cause.squash(cause)
        const failure = cause.reasons.find(Cause.isFailReason)?.error
        this.buffer.stop(failure === undefined || Cause.isDone(failure) ? undefined : failure)
        Deferred.doneUnsafe(this.noted, Effect.void)
      })
    )
  }

  private stopped({ statusChanges = Stream.empty }: Sessions): Effect.Effect<void> {
    const last = Stream.runHead(Stream.filter(statusChanges, isStopped))
    return Effect.flatMap(last, (stopped) =>
      Option.isNone(stopped) ? Effect.never : Effect.sync(() => this.buffer.stop(stopped.value.cause))
    )
  }
}

const isStopped = (status: Status): status is Extract<Status, { readonly _tag: "Stopped" }> => status._tag === "Stopped"

const decode = OptionDecoder.whole(Options)
