/**
 * Messages that arrive at least once, over however many connections it takes: each is numbered, kept until the peer has
 * acknowledged it, and sent again in order on every new connection of a client.
 *
 * The peer has to take part: it acknowledges numbers, and drops those it has seen before, for what was on its way when a
 * connection was lost comes twice. The other way around, it can tell where it is with a token, which the next dial bears.
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
import { InvalidOptions } from "./ConnectError.ts"
import type { Message, Messages, SendOptions } from "./Connection.ts"
import type { InvalidMessage, SendError } from "./Errors.ts"
import { batchSize } from "./internal/BatchSize.ts"
import { encoderOf, legal } from "./internal/Encoding.ts"
import * as OptionDecoder from "./internal/OptionDecoder.ts"
import { Replay, type Session } from "./internal/Replay.ts"
import { ReplayBuffer } from "./internal/ReplayBuffer.ts"
import { ReplayLog } from "./internal/ReplayLog.ts"
import { Sighting } from "./internal/Sighting.ts"
import * as Sized from "./internal/Sized.ts"
import type { DecodeFailed, EncodeFailed } from "./MessageErrors.ts"
import type { Status } from "./Status.ts"
import { type SchemaOptions, schema, type TypedMessages } from "./TypedMessages.ts"

const { Count, withDefault } = OptionSchema

/** The options that are data. */
export const Options = Schema.Struct({
  /** Messages that are not acknowledged. When they are as many, `send` waits. Default 1,024. */
  maxMessages: Count.pipe(withDefault(1024)),
  /** The same in bytes, or UTF-16 units of a text. Default 1 MiB; one message always fits. */
  maxBytes: Count.pipe(withDefault(0x100000)),
  /** Whether a number acknowledges everything up to it, or only itself. Default `upTo`. */
  acks: Schema.Literals(["upTo", "each"]).pipe(withDefault("upTo")),
  /** The number of the first message. Default 1. */
  firstNumber: Schema.Int.pipe(withDefault(1))
})

/** What the messages are made of, how numbers and acknowledgements are found in them, and how many are kept. */
export interface MakeOptions<A, Payload, In, E> extends SchemaOptions<A, In, E>, Partial<typeof Options.Encoded> {
  /** The message that bears a payload and its number. */
  readonly number: (payload: Payload, number: number) => In
  /**
   * The number that a message of the peer acknowledges; undefined when it is about something else. None acknowledges what
   * was never sent: with `upTo` one that is too high, as `Infinity` is, stands for everything that was; with `each` one
   * that no message has stands for nothing. NaN never acknowledges anything.
   */
  readonly ackOf: (message: A) => number | undefined
  /** Where the peer is, when a message tells. Default: no message does. */
  readonly tokenOf?: (message: A) => string | undefined
}

/** A message that was accepted and is not acknowledged. */
export interface Unacknowledged {
  readonly number: number
  /** As it is on the wire. */
  readonly message: Message
  /** `Unknown`: some connection accepted it, so the peer may have it. */
  readonly fate: "NotSent" | "Unknown"
}

/**
 * The messages of a client, acknowledgements included. `send` succeeds when the message is kept, whether there is a
 * connection or not; while the bounds are reached it waits, first come first served. Acknowledgements are seen as messages
 * are taken: take them while you send. Once the client has stopped, all that are left are decoded and seen at once.
 */
export interface Acknowledged<A, Payload, RE, SE> extends TypedMessages<A, Payload, RE, SE> {
  /**
   * Succeeds when everything sent so far is acknowledged. Fails once the client has stopped, and none of the messages that
   * are left acknowledges it: with NotSent when none of what was not acknowledged was ever sent, with FateUnknown otherwise.
   * What is left is then looked at whether somebody comes to take it or not.
   */
  readonly acknowledged: Effect.Effect<void, NotSent | FateUnknown>
}

/** What a client has, and whatever else has messages that span connections. */
export interface Sessions extends Messages<Message, Message, ClientReceiveError, ClientSendError> {
  /** Of a client: those who wait learn that it has stopped also when nobody takes messages. */
  readonly statusChanges?: Stream.Stream<Status>
}

/** Messages that are kept until the peer has acknowledged them. */
export interface AtLeastOnce<A, Payload, E> {
  /** Sends everything again that is not acknowledged: to be run in the client's `onOpen`. */
  readonly replay: (session: Session) => Effect.Effect<void, SendError>
  /** The last token that was taken: for the `url` or `headers` of the next dial. */
  readonly resumeToken: Effect.Effect<string | undefined>
  /** The messages of the client whose `onOpen` runs `replay`. */
  readonly over: (
    client: Sessions
  ) => Acknowledged<A, Payload, ClientReceiveError | E, EncodeFailed | InvalidMessage | NotSent>
  /** What was accepted and is not acknowledged, in order, each with its fate. */
  readonly unacknowledged: Effect.Effect<ReadonlyArray<Unacknowledged>>
}

/** Hands messages to connections as long as the scope lasts. */
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
  const settings = yield* decode({ acks, firstNumber, maxBytes, maxMessages }).pipe(
    Effect.mapError(({ message }) => new InvalidOptions({ problem: message }))
  )
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
      const sighting = new Sighting({ messages: typed, see, isEnd: source.isEnd, over: () => buffer.end() })
      Deferred.doneUnsafe(over, Effect.succeed(Effect.andThen(source.ended, sighting.seeRest)))
      const acknowledged: Acknowledged<A, Payload, ClientReceiveError | E, EncodeFailed | InvalidMessage | NotSent> = {
        messages: sighting.messages,
        receive: Effect.map(sighting.receiveN(1), (values) => values[0]),
        receiveN: (most) => sighting.receiveN(batchSize(most)),
        skipped: typed.skipped,
        send: (payload, sending) => sendAll([payload], sending),
        sendAll,
        acknowledged: buffer.acknowledged
      }
      Sized.know(acknowledged.messages, sighting.sized)
      return acknowledged
    },
    unacknowledged: Effect.sync(() =>
      log.all.map(({ message, number, sent }) => ({ number, message, fate: sent ? "Unknown" : "NotSent" }))
    )
  }
  return atLeastOnce
})

/** A client, of which is known when it has stopped: by its status, or by who takes from it. */
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

  /** Whether it is what the client ended with. */
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
