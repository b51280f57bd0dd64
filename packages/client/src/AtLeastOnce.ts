/**
 * Messages that arrive at least once, over however many connections it takes: each is numbered, kept until the peer has
 * acknowledged it, and sent again in order on every new connection of a client.
 *
 * The peer has to take part: it acknowledges numbers, and drops those it has seen before, for what was on its way when a
 * connection was lost comes twice. The other way around, it can tell where it is with a token, which the next dial bears.
 */
import { OptionSchema } from "@effect-websocket/transport"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import type { ClientSendError } from "./Client.ts"
import type { ClientReceiveError, FateUnknown, NotSent } from "./ClientErrors.ts"
import { InvalidOptions } from "./ConnectError.ts"
import type { Message, Messages, SendOptions } from "./Connection.ts"
import type { InvalidMessage, SendError } from "./Errors.ts"
import { encoderOf, legal } from "./internal/Encoding.ts"
import * as OptionDecoder from "./internal/OptionDecoder.ts"
import { Replay, type Session } from "./internal/Replay.ts"
import { ReplayBuffer } from "./internal/ReplayBuffer.ts"
import { ReplayLog } from "./internal/ReplayLog.ts"
import type { DecodeFailed, EncodeFailed } from "./MessageErrors.ts"
import { type SchemaOptions, schema, type TypedMessages } from "./TypedMessages.ts"

const { Count, withDefault } = OptionSchema

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
 * are taken: take them while you send.
 */
export interface Acknowledged<A, Payload, RE, SE> extends TypedMessages<A, Payload, RE, SE> {
  /**
   * Succeeds when everything sent so far is acknowledged. Fails once the client has stopped: with NotSent when none of
   * what is left was ever sent, with FateUnknown otherwise.
   */
  readonly acknowledged: Effect.Effect<void, NotSent | FateUnknown>
}

/** What a client has, and whatever else has messages that span connections. */
export type Sessions = Messages<Message, Message, ClientReceiveError, ClientSendError>

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
  const replay = new Replay(log)
  const buffer = new ReplayBuffer(replay, settings, yield* Semaphore.make(1))
  const encode = encoderOf(options)
  let token: string | undefined
  yield* Effect.forkScoped(replay.run, { startImmediately: true })
  yield* Effect.addFinalizer(() => Effect.sync(() => buffer.stop(undefined)))

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
    over: (client) => ({
      ...seeing(schema(watched(client, buffer), options), see),
      send: (payload, sending) => sendAll([payload], sending),
      sendAll,
      acknowledged: buffer.acknowledged
    }),
    unacknowledged: Effect.sync(() =>
      log.all.map(({ message, number, sent }) => ({ number, message, fate: sent ? "Unknown" : "NotSent" }))
    )
  }
  return atLeastOnce
})

/** The same client; when it has no more messages, it has stopped, and there will be no other session. */
const watched = (client: Sessions, buffer: ReplayBuffer): Sessions => {
  const watch = <T, E extends ClientReceiveError | Cause.Done>(taking: Effect.Effect<T, E>): Effect.Effect<T, E> =>
    Effect.tapError(taking, (end) => Effect.sync(() => buffer.stop(Cause.isDone(end) ? undefined : end)))
  return {
    ...client,
    messages: Stream.transformPull(client.messages, (pull) => Effect.succeed(watch(pull))),
    receiveN: (most) => watch(client.receiveN(most))
  }
}

/** The same messages; each is looked at when it is taken. */
const seeing = <A, In, RE, SE>(typed: TypedMessages<A, In, RE, SE>, see: (message: A) => void) => {
  const seeAll = <B extends ReadonlyArray<A>>(batch: B): B => {
    batch.forEach(see)
    return batch
  }
  const receiveN = (most: number) => Effect.map(typed.receiveN(most), seeAll)
  return {
    messages: Stream.mapArray(typed.messages, seeAll),
    receive: Effect.map(receiveN(1), (values) => values[0]),
    receiveN,
    skipped: typed.skipped
  }
}

const decode = OptionDecoder.whole(Options)
