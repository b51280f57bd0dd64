/**
 * What a program may say about a long-lived client: all that it may about a connection, and when there is another one.
 */
import { OptionSchema } from "@effect-websocket/transport"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { ConnectError, InvalidOptions, type InvalidUrl } from "./ConnectError.ts"
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

/** What is a client's own, as data. */
const own = {
  /** When to try again after a loss. */
  reconnect: Reconnect.ReconnectOptions.pipe(withDefaultsOf(Reconnect.ReconnectOptions)),
  /** How much of a server's Retry-After is waited for. Default 5 min. */
  maxRetryAfter: Time.pipe(withDefault(Duration.minutes(5))),
  /** How long `onOpen` may take. Default 10 s. */
  onOpenTimeout: Time.pipe(withDefault(Duration.seconds(10))),
  /** What a send does while there is no connection, and how much may wait. Default: it waits. */
  outbox: OutboxOptions.pipe(withDefaultsOf(OutboxOptions))
}

/** What is a client's own, checked and with every default filled in. */
export const ClientSettings = Schema.Struct(own)
export type ClientSettings = typeof ClientSettings.Type

/** Every option that is data: what `layerConfig` reads. */
export const ClientData = Schema.Struct({ url: Schema.String, ...Options.MessageOptions.fields, ...own })

/** What a program decides by functions of its own. */
export interface ClientFunctions<R = never> {
  /**
   * Runs on each new connection before messages flow: to log in, to subscribe. It may `receive`, and what it takes is not
   * delivered again; what it sends goes before the outbox. Its failure is a loss. What it leaves in the scope lives as
   * long as the connection.
   */
  readonly onOpen?: (connection: Connection, generation: number) => Effect.Effect<void, unknown, R | Scope.Scope>
  /**
   * Decides after each loss whether to connect again; it may first refresh what was refused. Default: `Reconnect.decide`.
   * A close that the program asked for is no loss.
   */
  readonly onLost?: (loss: Loss) => Effect.Effect<Reconnect.Decision, never, R>
}

/** What a program gives as an Effect or a Schedule; as data, it can come from `layerConfig`. */
interface ClientEffects<R> {
  /** `ws:` or `wss:`; as an Effect, it runs once for each attempt. */
  readonly url?: OptionEffect.ValueOrEffect<string | URL, R>
  /** Offered in this order; as an Effect, it runs once for each attempt. */
  readonly subprotocols?: OptionEffect.ValueOrEffect<ReadonlyArray<string>, R>
  /** Request headers; as an Effect, it runs once for each attempt. */
  readonly headers?: OptionEffect.ValueOrEffect<Readonly<Record<string, string | Redacted.Redacted<string>>>, R>
  /**
   * When to try again: a Schedule of delays, or what the delays are made from. Default: after a random part of 1 s, then of
   * twice as long each time, up to 30 s, without end.
   */
  readonly reconnect?: Schedule.Schedule<unknown, Loss, never, R> | Reconnect.ReconnectOptions
}

/** What `layerConfig` takes besides: all that is no data. It goes before what the provider has, which is not read. */
export interface FromFunctions<R = never> extends ClientFunctions<R>, ClientEffects<R> {}

/** Every option of a connection, and what is a client's own. */
export interface ClientOptions<R = never>
  extends Omit<Options.ConnectOptions<R>, "delivery" | "text" | keyof ClientEffects<R>>,
    ClientFunctions<R>,
    ClientEffects<R>,
    Partial<Omit<typeof ClientSettings.Encoded, "reconnect">> {
  /** `ws:` or `wss:`; as an Effect, it runs once for each attempt. */
  readonly url: OptionEffect.ValueOrEffect<string | URL, R>
}

/** Checks all of the options that are data, and fills in the defaults. What is an Effect is checked when it has run. */
export const decode = Effect.fnUntraced(function* <R>(
  options: ClientOptions<R>
): Effect.fn.Return<Decoded<R>, InvalidOptions | InvalidUrl> {
  const { keepAlive, maxRetryAfter, onLost, onOpen, onOpenTimeout, outbox, reconnect, url, ...rest } = options
  const connect = { ...rest, keepAlive: jittered(keepAlive) }
  const { cookies: _cookies, headers, subprotocols, ...data } = connect
  const schedule = Schedule.isSchedule(reconnect) ? (reconnect as Delays<R>) : undefined
  const own = yield* decodeOwn({
    maxRetryAfter,
    onOpenTimeout,
    outbox,
    reconnect: schedule === undefined ? reconnect : undefined
  }).pipe(Effect.mapError(invalid))
  const parsed = Effect.isEffect(url) ? undefined : Url.parse(url as string | URL)
  if (parsed !== undefined && "_tag" in parsed) return yield* parsed
  const settings = yield* decodeConnect({
    ...data,
    ...(!Effect.isEffect(headers) && { headers }),
    ...(!Effect.isEffect(subprotocols) && { subprotocols })
  }).pipe(Effect.mapError(invalid))
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

const invalid = (error: Schema.SchemaError) => new InvalidOptions({ problem: error.message })
