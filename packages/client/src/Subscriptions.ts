/**
 * Subscriptions that outlive connections: every active one is sent again on each new session, once, in the order of
 * subscribing.
 *
 * A subscription lasts as long as its scope. Leaving the scope sends the `unsubscribe` message, if there is one, and only on a
 * session that had the `subscribe`. The messages of all subscriptions arrive among those of the client; separating them is up
 * to the program.
 */
import { OptionSchema } from "@effect-websocket/transport"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { InvalidOptions } from "./ConnectError.ts"
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
  /** How many subscriptions there may be at a time. Default 1,024. */
  maxActive: Count.pipe(withDefault(1024)),
  /** The size of their messages together, in bytes or UTF-16 units. Default 1 MiB; one always fits. */
  maxBytes: Count.pipe(withDefault(0x100000))
})

/** How subscriptions become messages, and how many there may be. */
export interface MakeOptions<In> extends Partial<typeof Options.Encoded> {
  /** The schema of the messages that are sent, as for `WebSocket.schema`. */
  readonly send: Schema.ConstraintCodec<In, unknown, unknown>
  /** Default: `MessageCodec.json`. */
  readonly codec?: MessageCodec
}

/** One subscription: the message that starts it, and the one that ends it. */
export interface Subscription<In> {
  /** Sent to start it, again on each new session. */
  readonly subscribe: In
  /** Sent when it ends. Default: nothing is sent then. */
  readonly unsubscribe?: In
}

/** Subscriptions, over as many connections as it takes. */
export interface Subscriptions<In> {
  /** Sends every active subscription. Give it to a client as `onOpen`, or run it once on a connection. */
  readonly replay: (session: Session) => Effect.Effect<void, SendError>
  /**
   * Subscribes until the scope is left. Succeeds at once; the subscription is sent on the current session and on each later
   * one. Both messages are encoded now, so ending it cannot fail.
   */
  readonly subscribe: (
    subscription: Subscription<In>
  ) => Effect.Effect<void, EncodeFailed | InvalidMessage | TooManySubscriptions, Scope.Scope>
  /** How many subscriptions there are. */
  readonly active: Effect.Effect<number>
}

/** Sends subscriptions on each session as long as the scope lasts. */
export const make: <In>(options: MakeOptions<In>) => Effect.Effect<Subscriptions<In>, InvalidOptions, Scope.Scope> =
  Effect.fnUntraced(function* <In>({ codec, send, ...data }: MakeOptions<In>) {
    const limits = yield* decode(data)
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
