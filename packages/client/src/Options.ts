/**
 * What a program may say about a connection, as data: every option, its default and the reason for it; some groups have files
 * of their own. All of it decodes from JSON or `Config`; an unknown key, or a value out of range, is `InvalidOptions` before
 * anything is dialled. Which keys of a `ConfigProvider` can be unknown, internal/ClientConfig says.
 */
import { Limits, OpeningHandshake } from "@effect-websocket/core"
import {
  AddressOptions,
  NoProxy,
  OptionSchema,
  ProxyOptions,
  SocketOptions,
  TlsOptions
} from "@effect-websocket/transport"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { OptionFailed } from "./ConnectError.ts"
import type { CookieJar } from "./CookieJar.ts"
import { Delivery, TextAs } from "./Delivery.ts"
import * as OptionDecoder from "./internal/OptionDecoder.ts"
import * as OptionEffect from "./internal/OptionEffect.ts"
import { KeepAliveOptions } from "./KeepAliveOptions.ts"
import { RedirectOptions } from "./RedirectOptions.ts"
import { TraceOptions } from "./TraceOptions.ts"

const { Bound, Count, Time, withDefault, withDefaultsOf } = OptionSchema

/** A header's value; a secret one is Redacted and stays so in every error and log. */
const HeaderValue = Schema.Union([Schema.String, Schema.Redacted(Schema.String)])

/** How long each part of a connection's life may take. */
export const Deadlines = Schema.Struct({
  /** Everything up to the accepted handshake: names, TCP, TLS, upgrade. Default 10 s. */
  openTimeout: Time.pipe(withDefault(Duration.seconds(10))),
  /** From the first Close, or a write that failed, to the destroyed socket. Default 10 s. */
  closeTimeout: Time.pipe(withDefault(Duration.seconds(10))),
  /** The same when the program was interrupted or failed: a short timeout must stay short. Default 1 s. */
  interruptCloseTimeout: Time.pipe(withDefault(Duration.seconds(1))),
  /** How long a write may stand still while our inbox is full. Default 60 s. */
  stallTimeout: Time.pipe(withDefault(Duration.seconds(60))),
  /** How long no message, nor any part of one, may come: then IdleTimeout. Pongs are none. Default: for ever. */
  idleTimeout: Schema.optionalKey(Time)
})

const handshake = OpeningHandshake.defaultLimits

/** How much the peer may make us hold. */
export const LimitOptions = Schema.Struct({
  /** One message, all fragments together. Default 1 MiB. */
  maxMessageBytes: Bound.pipe(withDefault(Limits.defaults.maxMessageBytes)),
  /**
   * One frame's payload as it comes. Default: none. One that announces more than `maxMessageBytes` is refused at once all the
   * same, unless it is compressed.
   */
  maxFrameBytes: Schema.optionalKey(Bound),
  /** Fragments of one message, beyond one for each 16 bytes received. Default 1,024. */
  maxFragments: Bound.pipe(withDefault(Limits.defaults.maxFragments)),
  /** Messages read and not yet taken. Default 1,024. When it is full, reading stops. */
  inboxMessages: Count.pipe(withDefault(1024)),
  /** Their size, in bytes or UTF-16 units. Default 1 MiB; one message always fits. */
  inboxBytes: Count.pipe(withDefault(0x100000)),
  /** The head of the handshake's answer, interim ones included. Default 16 KiB. */
  maxHeadBytes: Count.pipe(withDefault(handshake.maxHeadBytes)),
  /** Header fields in it. Default 128. */
  maxHeaders: Count.pipe(withDefault(handshake.maxHeaders)),
  /** How much of a refusal's body is kept. Default 64 KiB. */
  maxBodyBytes: Count.pipe(withDefault(handshake.maxBodyBytes))
})

/** How many bytes a window holds, as a power of two (RFC 7692 §7.1.2). */
const WindowBits = Schema.Int.check(Schema.isBetween({ minimum: 8, maximum: 15 }))

const Level = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 9 }))

/** One set of terms for permessage-deflate (RFC 7692 §7.1). */
export const CompressionOffer = Schema.Struct({
  /** Asks the server to forget its window after each message: no memory for it here. */
  serverNoContextTakeover: Schema.optionalKey(Schema.Boolean),
  /** Forgets ours after each message: no memory for it here, and larger messages. */
  clientNoContextTakeover: Schema.optionalKey(Schema.Boolean),
  /** Asks the server for a window of at most 2^n bytes, n from 8 to 15. */
  serverMaxWindowBits: Schema.optionalKey(WindowBits),
  /** True: the server may bound our window. 8 to 15: and it is at most this anyway. */
  clientMaxWindowBits: Schema.optionalKey(Schema.Union([WindowBits, Schema.Literal(true)]))
})

/** permessage-deflate: what is offered, and how hard it works. */
export const CompressionOptions = Schema.Struct({
  /** What is offered, by preference. Default: `client_max_window_bits`, contexts taken over. */
  offers: Schema.NonEmptyArray(CompressionOffer).pipe(withDefault([{ clientMaxWindowBits: true }])),
  /** 1 (fast) to 9 (small). Default 5. */
  level: Level.pipe(withDefault(5)),
  /** 1 (least memory, 1 KiB) to 9 (256 KiB). Default 8. */
  memoryLevel: Level.pipe(withDefault(8)),
  /**
   * Messages of fewer bytes (texts: UTF-16 units) are sent as they are. Default: 1 when our context is taken over, else
   * 1,024, since short messages gain nothing without what came before.
   */
  threshold: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)))
})

/** Every option but those that decide what taking gives. */
export const MessageOptions = Schema.Struct({
  /** Offered in this order; the server picks one or none (RFC 6455 §1.9). Default: none. */
  subprotocols: Schema.Array(Schema.String).pipe(withDefault([])),
  /** Request headers besides the protocol's own. Default: none. */
  headers: Schema.Record(Schema.String, HeaderValue).pipe(withDefault({})),
  /** The Host header. Default: the URL's host and port. */
  host: Schema.optionalKey(Schema.String),
  /** The Origin header, which only browsers must send. Default: none. */
  origin: Schema.optionalKey(Schema.String),
  /** The User-Agent header. Default: none. */
  userAgent: Schema.optionalKey(Schema.String),
  /** Whether a redirect is followed (RFC 9110 §15.4). Default false: it is HandshakeRejected. */
  redirects: Schema.Union([RedirectOptions, Schema.Literal(false)]).pipe(withDefault(false)),
  /** Logs the handshake and every frame, without what is secret. Default false; true is every default of its own. */
  trace: Schema.Union([TraceOptions, Schema.Boolean]).pipe(withDefault(false)),
  /** permessage-deflate (RFC 7692), when the server agrees. Default: on. False turns it off. */
  compression: Schema.Union([CompressionOptions, Schema.Literal(false)]).pipe(withDefaultsOf(CompressionOptions)),
  /** For wss: whom to trust, and who we are. Default: verify against Node's authorities. */
  tls: TlsOptions.pipe(withDefaultsOf(TlsOptions)),
  /** Which addresses of the host are tried, how soon after one another, and from where. Default: all, as RFC 8305 says. */
  addresses: AddressOptions.pipe(withDefaultsOf(AddressOptions)),
  /** Of the TCP socket. Default: no delay, and TCP's own keep-alive after 30 s. */
  socket: SocketOptions.pipe(withDefaultsOf(SocketOptions)),
  /**
   * The way out: "none"; a proxy's URL, `scheme://user:password@host:port` with the scheme http, https, socks4, socks4a,
   * socks5 or socks5h; several of them, the nearest first; or "environment". Default "none".
   */
  proxy: ProxyOptions.pipe(withDefault("none")),
  /** Hosts that are dialled directly all the same, as in the variable `no_proxy`. Default: none. */
  noProxy: NoProxy.pipe(withDefault([])),
  /** Messages of more bytes are sent as fragments of at most so many (RFC 6455 §5.4). Default: none is. */
  fragmentBytes: Schema.optionalKey(Count),
  /** How much the peer may make us hold. Default: 1 MiB for a message, and bounds for all else. */
  limits: LimitOptions.pipe(withDefaultsOf(LimitOptions)),
  /** How long each part of a connection's life may take. Default: 10 s to open, 10 s to close. */
  deadlines: Deadlines.pipe(withDefaultsOf(Deadlines)),
  /** Pings that notice a dead peer. Default: every 20 s, with 20 s for the answer. False turns it off. */
  keepAlive: Schema.Union([KeepAliveOptions, Schema.Literal(false)]).pipe(withDefaultsOf(KeepAliveOptions))
})

/** Every option of one connection, as data. */
export const ConnectOptions = Schema.Struct({
  ...MessageOptions.fields,
  /** What taking gives: whole messages, their fragments as they come, or all frames. Default: messages. */
  delivery: Delivery.pipe(withDefault("messages")),
  /** What a text is given as; bytes are not checked to be UTF-8. Default: a string. */
  text: TextAs.pipe(withDefault("string"))
})

type Data = typeof ConnectOptions.Encoded

/**
 * As a program writes them: as data, and where it says so as an Effect that runs once for each dial.
 *
 * `delivery` and `text` decide what taking gives, and so are part of the type: by default messages, texts as strings.
 */
export interface ConnectOptions<R = never, D extends Delivery = "messages", T extends TextAs = "string">
  extends Omit<Data, "headers" | "subprotocols" | "delivery" | "text"> {
  /** Request headers besides the protocol's own. As an Effect, it runs once for each dial. Default: none. */
  readonly headers?: OptionEffect.ValueOrEffect<NonNullable<Data["headers"]>, R>
  /** Offered in this order; the server picks one or none (RFC 6455 §1.9). An Effect runs for each dial. Default: none. */
  readonly subprotocols?: OptionEffect.ValueOrEffect<NonNullable<Data["subprotocols"]>, R>
  /** Keeps the cookies that servers set, and sends those that are meant for this one. Default: none. */
  readonly cookies?: CookieJar
  /** What taking gives: whole messages, their fragments as they come, or all frames. Default: "messages". */
  readonly delivery?: D
  /** What a text is given as: "bytes" are not checked to be UTF-8. Default: "string". */
  readonly text?: T
}

/** Checked, with every default filled in. */
export type Settings = typeof ConnectOptions.Type

/** What is left of options once the Effects among them ran: data, but for what lives longer than one dial. */
export type Evaluated = Data & Pick<ConnectOptions, "cookies">

/** Runs what was given as an Effect. */
export const evaluate = <R>(options: ConnectOptions<R, Delivery, TextAs>): Effect.Effect<Evaluated, OptionFailed, R> =>
  Effect.isEffect(options.headers) || Effect.isEffect(options.subprotocols)
    ? run(options)
    : Effect.succeed(options as Evaluated)

const run = Effect.fnUntraced(function* <R>(
  options: ConnectOptions<R, Delivery, TextAs>
): Effect.fn.Return<Evaluated, OptionFailed, R> {
  const { headers, subprotocols, ...rest } = options
  return {
    ...rest,
    ...(headers !== undefined && { headers: yield* OptionEffect.evaluate("headers", headers) }),
    ...(subprotocols !== undefined && { subprotocols: yield* OptionEffect.evaluate("subprotocols", subprotocols) })
  }
})

/** Checks options and fills in the defaults. */
export const decode = OptionDecoder.byField(ConnectOptions, {
  compression: CompressionOptions,
  deadlines: Deadlines,
  keepAlive: KeepAliveOptions,
  limits: LimitOptions,
  socket: SocketOptions,
  tls: TlsOptions
})
