/**
 * The options of a connection, as data, with their defaults and reasons; some groups have files of their own. All of them
 * decode from JSON or `Config`. An unknown key, or a value out of range, is `InvalidOptions` before anything is dialled;
 * internal/ClientConfig decides which keys of a `ConfigProvider` count as unknown.
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
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { InvalidOptions, type OptionFailed } from "./ConnectError.ts"
import type { CookieJar } from "./CookieJar.ts"
import { Delivery, TextAs } from "./Delivery.ts"
import * as OptionDecoder from "./internal/OptionDecoder.ts"
import * as OptionEffect from "./internal/OptionEffect.ts"
import { KeepAliveOptions } from "./KeepAliveOptions.ts"
import { RedirectOptions } from "./RedirectOptions.ts"
import { TraceOptions } from "./TraceOptions.ts"

const { Bound, Count, RedactedText, Time, withDefault, withDefaultsOf } = OptionSchema

/** A header's value. A `Redacted` one stays redacted in every error and log. */
const HeaderValue = Schema.Union([Schema.String, RedactedText])

/** How long each part of a connection's life may take. */
export const Deadlines = Schema.Struct({
  /** Everything up to the accepted handshake: name lookup, TCP, TLS, upgrade. Default 10 s. */
  openTimeout: Time.pipe(withDefault(Duration.seconds(10))),
  /** From the first Close, or a write that failed, to the destroyed socket. Default 10 s. */
  closeTimeout: Time.pipe(withDefault(Duration.seconds(10))),
  /** The same, if the program was interrupted or failed: a short timeout should stay short. Default 1 s. */
  interruptCloseTimeout: Time.pipe(withDefault(Duration.seconds(1))),
  /** How long a write may make no progress while our inbox is full. Default 60 s. */
  stallTimeout: Time.pipe(withDefault(Duration.seconds(60))),
  /** Fails with IdleTimeout if no message, or part of one, arrives for this long. Pongs do not count. Default: no limit. */
  idleTimeout: Schema.optionalKey(Time)
})

const handshake = OpeningHandshake.defaultLimits

/** How much memory the peer may make us use. */
export const LimitOptions = Schema.Struct({
  /** The size of one message, all fragments together. Default 1 MiB. */
  maxMessageBytes: Bound.pipe(withDefault(Limits.defaults.maxMessageBytes)),
  /**
   * The payload of one frame, as received. Default: no limit. A frame that announces more than `maxMessageBytes` is still
   * refused at once, unless it is compressed.
   */
  maxFrameBytes: Schema.optionalKey(Bound),
  /** How many fragments one message may have, plus one for each 16 bytes received. Default 1,024. */
  maxFragments: Bound.pipe(withDefault(Limits.defaults.maxFragments)),
  /** How many messages are read ahead. When the inbox is full, reading stops. Default 1,024. */
  inboxMessages: Count.pipe(withDefault(1024)),
  /** The size of those messages, in bytes (UTF-16 units for text). Default 1 MiB; one message always fits. */
  inboxBytes: Count.pipe(withDefault(0x100000)),
  /** The size of the head of the server's answer, including interim answers. Default 16 KiB. */
  maxHeadBytes: Count.pipe(withDefault(handshake.maxHeadBytes)),
  /** How many header fields it may have. Default 128. */
  maxHeaders: Count.pipe(withDefault(handshake.maxHeaders)),
  /** How much of a refusal's body is kept. Default 64 KiB. */
  maxBodyBytes: Count.pipe(withDefault(handshake.maxBodyBytes))
})

/** How many bytes a window holds, as a power of two (RFC 7692 §7.1.2). */
const WindowBits = Schema.Int.check(Schema.isBetween({ minimum: 8, maximum: 15 }))

const Level = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 9 }))

/** One offer of permessage-deflate (RFC 7692 §7.1). */
export const CompressionOffer = Schema.Struct({
  /** Asks the server to forget its window after each message, which saves memory here. */
  serverNoContextTakeover: Schema.optionalKey(Schema.Boolean),
  /** Forgets our window after each message, which saves memory here but makes messages larger. */
  clientNoContextTakeover: Schema.optionalKey(Schema.Boolean),
  /** Asks the server for a window of at most 2^n bytes, n from 8 to 15. */
  serverMaxWindowBits: Schema.optionalKey(WindowBits),
  /** True: the server may limit our window. 8 to 15: the same, and our window is at most 2^n bytes in any case. */
  clientMaxWindowBits: Schema.optionalKey(Schema.Union([WindowBits, Schema.Literal(true)]))
})

/** permessage-deflate: what to offer, and how hard to compress. */
export const CompressionOptions = Schema.Struct({
  /** The offers, in order of preference. Default: one, `client_max_window_bits`, with context takeover. */
  offers: Schema.NonEmptyArray(CompressionOffer).pipe(withDefault([{ clientMaxWindowBits: true }])),
  /** 1 (fast) to 9 (small). Default 5. */
  level: Level.pipe(withDefault(5)),
  /** 1 (least memory, 1 KiB) to 9 (256 KiB). Default 8. */
  memoryLevel: Level.pipe(withDefault(8)),
  /**
   * Messages shorter than this, in bytes (UTF-16 units for text), are sent uncompressed. Default: 1 with context takeover, else
   * 1,024, since short messages do not shrink without the context of earlier ones.
   */
  threshold: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)))
})

/** Every option but those that decide what receiving gives. */
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
  /** Logs the handshake and every frame, without secrets. Default false; true uses the defaults of its options. */
  trace: Schema.Union([TraceOptions, Schema.Boolean]).pipe(withDefault(false)),
  /** permessage-deflate (RFC 7692), if the server agrees. Default: on. False turns it off. */
  compression: Schema.Union([CompressionOptions, Schema.Literal(false)]).pipe(withDefaultsOf(CompressionOptions)),
  /** For `wss:`, whom to trust, and the client certificate. Default: verify against Node's authorities. */
  tls: TlsOptions.pipe(withDefaultsOf(TlsOptions)),
  /**
   * Which addresses of the host are tried, how soon after one another, and from which local address. Default: all, as in RFC
   * 8305.
   */
  addresses: AddressOptions.pipe(withDefaultsOf(AddressOptions)),
  /** Options of the TCP socket. Default: no delay, and TCP keep-alive after 30 s. */
  socket: SocketOptions.pipe(withDefaultsOf(SocketOptions)),
  /**
   * The proxy: "none"; a URL, `scheme://user:password@host:port` with the scheme http, https, socks4, socks4a, socks5 or
   * socks5h; a list of these, the nearest first; or "environment". Default "none".
   */
  proxy: ProxyOptions.pipe(withDefault("none")),
  /** Hosts that are dialled without the proxy, as in the variable `no_proxy`. Default: none. */
  noProxy: NoProxy.pipe(withDefault([])),
  /** Longer messages are sent as fragments of at most this many bytes (RFC 6455 §5.4). Default: no message is fragmented. */
  fragmentBytes: Schema.optionalKey(Count),
  /** How much memory the peer may make us use. Default: 1 MiB for a message, and a limit for everything else. */
  limits: LimitOptions.pipe(withDefaultsOf(LimitOptions)),
  /** How long each part of a connection's life may take. Default: 10 s to open, 10 s to close. */
  deadlines: Deadlines.pipe(withDefaultsOf(Deadlines)),
  /** Pings that detect a dead peer. Default: every 20 s, with 20 s for the answer. False turns them off. */
  keepAlive: Schema.Union([KeepAliveOptions, Schema.Literal(false)]).pipe(withDefaultsOf(KeepAliveOptions))
})

/** Every option of one connection, as data. */
export const ConnectOptions = Schema.Struct({
  ...MessageOptions.fields,
  /** What receiving gives: whole messages, their fragments as they arrive, or all frames. Default: messages. */
  delivery: Delivery.pipe(withDefault("messages")),
  /** How text is received; "bytes" are not checked to be UTF-8. Default: a string. */
  text: TextAs.pipe(withDefault("string"))
})

type Data = typeof ConnectOptions.Encoded

/**
 * The options of a connection. Some may be given as an Effect, which runs once for each dial.
 *
 * `delivery` and `text` decide what receiving gives, and so are part of the type: by default messages, with text as strings.
 */
export interface ConnectOptions<R = never, D extends Delivery = "messages", T extends TextAs = "string">
  extends Omit<Data, "headers" | "subprotocols" | "delivery" | "text"> {
  /** Request headers besides the protocol's own. As an Effect, it runs once for each dial. Default: none. */
  readonly headers?: OptionEffect.ValueOrEffect<NonNullable<Data["headers"]>, R>
  /** Offered in this order; the server picks one or none (RFC 6455 §1.9). An Effect runs for each dial. Default: none. */
  readonly subprotocols?: OptionEffect.ValueOrEffect<NonNullable<Data["subprotocols"]>, R>
  /** Stores the cookies that servers set, and sends those meant for this server. Default: none. */
  readonly cookies?: CookieJar
  /** What receiving gives: whole messages, their fragments as they arrive, or all frames. Default: "messages". */
  readonly delivery?: D
  /** How text is received; "bytes" are not checked to be UTF-8. Default: "string". */
  readonly text?: T
}

/** Checked, with every default filled in. */
export type Settings = typeof ConnectOptions.Type

/** What is left of options once the Effects among them ran: data, but for what lives longer than one dial. */
export type Evaluated = Data & Pick<ConnectOptions, "cookies">

/** What no schema sees, and no program in TypeScript does: options that are no object, and a jar that is none. */
export const misfit = (options: unknown): InvalidOptions | undefined => {
  if (!Predicate.isObject(options)) return new InvalidOptions({ problem: "Expected object" })
  const { cookies } = options
  return cookies === undefined || Predicate.hasProperty(cookies, "header")
    ? undefined
    : new InvalidOptions({ problem: "cookies: Expected CookieJar" })
}

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

/** What a schema sees of them. */
export const dataOf = (options: Evaluated): Data => {
  if (options.cookies === undefined) return options
  const { cookies: _cookies, ...data } = options
  return data
}

/** Checks options and fills in the defaults. */
export const decode = OptionDecoder.byField(ConnectOptions, {
  compression: CompressionOptions,
  deadlines: Deadlines,
  keepAlive: KeepAliveOptions,
  limits: LimitOptions,
  socket: SocketOptions,
  tls: TlsOptions
})
