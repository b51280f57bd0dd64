/**
 * The options of a long-lived client: those of a connection, and when to make another one.
 */
import { OptionSchema } from "@effect-websocket/transport"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { ConnectError, type InvalidOptions, type InvalidUrl } from "./ConnectError.ts"
import type { Connection } from "./Connection.ts"
import type { Delays } from "./internal/Backoff.ts"
import * as OptionDecoder from "./internal/OptionDecoder.ts"
import * as OptionEffect from "./internal/OptionEffect.ts"
import * as Url from "./internal/Url.ts"
import * as Options from "./Options.ts"
import { OutboxOptions } from "./OutboxOptions.ts"
import * as Reconnect from "./Reconnect.ts"
import type { Loss } from "./Status.ts"

const { Time, withDefault, withDefaultsOf } = OptionSchema

/** The client's own options that are data. */
const own = {
  /** When to try again after a loss. */
  reconnect: Reconnect.ReconnectOptions.pipe(withDefaultsOf(Reconnect.ReconnectOptions)),
  /** The most that is waited for a server's Retry-After. Default 5 min. */
  maxRetryAfter: Time.pipe(withDefault(Duration.minutes(5))),
  /** How long `onOpen` may take. Default 10 s. */
  onOpenTimeout: Time.pipe(withDefault(Duration.seconds(10))),
  /** What `send` does while there is no connection, and how many messages may wait. Default: `send` waits. */
  outbox: OutboxOptions.pipe(withDefaultsOf(OutboxOptions))
}

/** The client's own options, checked and with every default filled in. */
export const ClientSettings = Schema.Struct(own)
export type ClientSettings = typeof ClientSettings.Type

/** Every option that is data, which is what `layerConfig` reads. */
export const ClientData = Schema.Struct({ url: Schema.String, ...Options.MessageOptions.fields, ...own })

/** Decisions that a program makes with its own functions. */
export interface ClientFunctions<R = never> {
  /**
   * Runs on each new connection before messages flow, to log in or to subscribe. What it receives is not delivered again, and
   * what it sends goes out before the outbox. If it fails, the connection counts as lost. What it adds to its scope lives as
   * long as the connection.
   */
  readonly onOpen?: (connection: Connection, generation: number) => Effect.Effect<void, unknown, R | Scope.Scope>
  /**
   * Decides after each loss whether to reconnect; it may first refresh a token that was refused. Default: `Reconnect.decide`. A
   * close that the program asked for is not a loss.
   */
  readonly onLost?: (loss: Loss) => Effect.Effect<Reconnect.Decision, never, R>
}

/** Options that may be an Effect or a Schedule; as plain data, they can come from `layerConfig`. */
interface ClientEffects<R> {
  /** `ws:` or `wss:`; as an Effect, it runs once for each attempt. */
  readonly url?: OptionEffect.ValueOrEffect<string | URL, R>
  /** Offered in this order; as an Effect, it runs once for each attempt. */
  readonly subprotocols?: OptionEffect.ValueOrEffect<ReadonlyArray<string>, R>
  /** Request headers; as an Effect, it runs once for each attempt. */
  readonly headers?: OptionEffect.ValueOrEffect<Readonly<Record<string, string | Redacted.Redacted<string>>>, R>
  /**
   * When to reconnect: a Schedule, or the numbers for the default one. Default: after a random delay of up to 1 s, then up to
   * twice as long each time, to 30 s, without end.
   */
  readonly reconnect?: Schedule.Schedule<unknown, Loss, never, R> | Reconnect.ReconnectOptions
}

/** What `layerConfig` takes as an argument: every option that is not data. It replaces what the provider has. */
export interface FromFunctions<R = never> extends ClientFunctions<R>, ClientEffects<R> {}

/** Every option of a connection, and those of the client itself. */
export interface ClientOptions<R = never>
  extends Omit<Options.ConnectOptions<R>, "delivery" | "text" | keyof ClientEffects<R>>,
    ClientFunctions<R>,
    ClientEffects<R>,
    Partial<Omit<typeof ClientSettings.Encoded, "reconnect">> {
  /** `ws:` or `wss:`; as an Effect, it runs once for each attempt. */
  readonly url: OptionEffect.ValueOrEffect<string | URL, R>
}

/** Checks all options that are data, and fills in the defaults. The result of an Effect is checked once it has run. */
export const decode = Effect.fnUntraced(function* <R>(
  options: ClientOptions<R>
): Effect.fn.Return<Decoded<R>, InvalidOptions | InvalidUrl> {
  const misfit = Options.misfit(options)
  if (misfit !== undefined) return yield* misfit
  const { keepAlive, maxRetryAfter, onLost, onOpen, onOpenTimeout, outbox, reconnect, url, ...rest } = options
  const connect = { ...rest, keepAlive: jittered(keepAlive) }
  const { cookies: _cookies, headers, subprotocols, ...data } = connect
  const schedule = Schedule.isSchedule(reconnect) ? (reconnect as Delays<R>) : undefined
  const own = yield* decodeOwn({
    maxRetryAfter,
    onOpenTimeout,
    outbox,
    reconnect: schedule === undefined ? reconnect : undefined
  })
  const parsed = Effect.isEffect(url) ? undefined : Url.parse(url as string | URL)
  if (parsed !== undefined && "_tag" in parsed) return yield* parsed
  const settings = yield* decodeConnect({
    ...data,
    ...(!Effect.isEffect(headers) && { headers }),
    ...(!Effect.isEffect(subprotocols) && { subprotocols })
  })
  return { url: urlOf(url), connect, own, settings, delays: schedule ?? Reconnect.schedule(own.reconnect) }
})

interface Decoded<R> {
  readonly url: Effect.Effect<string | URL, ConnectError, R>
  /** For each dial. */
  readonly connect: Options.ConnectOptions<R>
  readonly settings: typeof Options.MessageOptions.Type
  readonly own: ClientSettings
  readonly delays: Delays<R>
}

const urlOf = <R>(url: OptionEffect.ValueOrEffect<string | URL, R>): Effect.Effect<string | URL, ConnectError, R> =>
  Effect.mapError(
    OptionEffect.evaluate("url", url),
    (reason) => new ConnectError({ url: "an address that is not known", reason, steps: [] })
  )

/** `KeepAliveOptions` says why. */
const jittered = (keepAlive: Options.ConnectOptions["keepAlive"]): NonNullable<typeof keepAlive> =>
  keepAlive === false ? false : { ...keepAlive, jitter: keepAlive?.jitter ?? clientJitter }

const clientJitter = 0.1

const decodeConnect = OptionDecoder.whole(Options.MessageOptions)

const decodeOwn = OptionDecoder.whole(ClientSettings)
