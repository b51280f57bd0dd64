/**
 * Subscriptions that outlive connections: what is subscribed to is asked for again on every new session, in the order it
 * was first asked for, and once on each; what has ended is not.
 *
 * A subscription lasts as long as its scope. Leaving it sends the message that takes it back, if there is one, and only
 * on a session that was asked: what no session knows of is not taken back, and what a lost session knew it has
 * forgotten. What the subscriptions bring is among the messages of the client; telling them apart is the program's.
 */
import { OptionSchema } from "@effect-websocket/transport"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { InvalidOptions } from "./ConnectError.ts"
import type { Message } from "./Connection.ts"
import type { InvalidMessage, SendError } from "./Errors.ts"
import { encoderOf, legal } from "./internal/Encoding.ts"
import * as OptionDecoder from "./internal/OptionDecoder.ts"
import { Replay, type Session } from "./internal/Replay.ts"
import { ReplayLog } from "./internal/ReplayLog.ts"
import type { MessageCodec } from "./MessageCodec.ts"
import { type EncodeFailed, TooManySubscriptions } from "./MessageErrors.ts"

const { Count, withDefault } = OptionSchema

/** The options that are data. */
export const Options = Schema.Struct({
  /** Subscriptions at a time. Default 1,024. */
  maxActive: Count.pipe(withDefault(1024)),
  /** Their messages together, in bytes or UTF-16 units. Default 1 MiB; one always fits. */
  maxBytes: Count.pipe(withDefault(0x100000))
})

/** What the messages are made of, and how many there may be. */
export interface MakeOptions<In> extends Partial<typeof Options.Encoded> {
  /** What the messages are values of, as for `WebSocket.schema`. */
  readonly send: Schema.ConstraintCodec<In, unknown, unknown>
  /** Default: `MessageCodec.json`. */
  readonly codec?: MessageCodec
}

/** One subscription: the message that asks for it, and the one that takes it back. */
export interface Subscription<In> {
  /** Asks for it. */
  readonly subscribe: In
  /** Takes it back. Default: nothing is sent when it ends. */
  readonly unsubscribe?: In
}

/** What is subscribed to, over however many connections. */
export interface Subscriptions<In> {
  /** Asks for everything again: to be run in the `onOpen` of a client, or once on a connection. */
  readonly replay: (session: Session) => Effect.Effect<void, SendError>
  /**
   * Subscribes until the scope is left. Succeeds at once: it is asked for on the session there is, and on each that
   * follows. Both messages are encoded now, so that ending it cannot fail.
   */
  readonly subscribe: (
    subscription: Subscription<In>
  ) => Effect.Effect<void, EncodeFailed | InvalidMessage | TooManySubscriptions, Scope.Scope>
  /** How many there are. */
  readonly active: Effect.Effect<number>
}

/** Hands subscriptions to sessions as long as the scope lasts. */
export const make: <In>(options: MakeOptions<In>) => Effect.Effect<Subscriptions<In>, InvalidOptions, Scope.Scope> =
  Effect.fnUntraced(function* <In>({ codec, send, ...data }: MakeOptions<In>) {
    const limits = yield* Effect.mapError(decode(data), ({ message }) => new InvalidOptions({ problem: message }))
    const encode = encoderOf({ codec, send })
    const message = (value: In) => Effect.flatMap(encode(value), (message) => legal(message))
    const log = new ReplayLog()
    const replay = new Replay(log, yield* Effect.scope)
    const begin = (asks: Message) =>
      Effect.suspend(() => {
        const limit = exceeded(log, asks, limits)
        if (limit !== undefined) return Effect.fail(new TooManySubscriptions({ limit, allowed: limits[limit] }))
        const entry = log.append(asks)
        replay.wake()
        return Effect.succeed(entry)
      })
    const subscriptions: Subscriptions<In> = {
      replay: (session) => replay.onto(session),
      subscribe: Effect.fnUntraced(function* ({ subscribe, unsubscribe }) {
        const asks = yield* message(subscribe)
        const takesBack = unsubscribe === undefined ? undefined : yield* message(unsubscribe)
        yield* Effect.acquireRelease(begin(asks), (entry) =>
          Effect.sync(() => {
            log.remove(entry, takesBack)
            replay.wake()
          })
        )
      }),
      active: Effect.sync(() => log.size)
    }
    return subscriptions
  })

const exceeded = (log: ReplayLog, message: Message, { maxActive, maxBytes }: typeof Options.Type) => {
  if (log.size >= maxActive) return "maxActive"
  return log.size > 0 && log.bytes + message.length > maxBytes ? "maxBytes" : undefined
}

const decode = OptionDecoder.whole(Options)
