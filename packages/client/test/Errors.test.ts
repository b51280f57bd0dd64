/** Every public error: a message that says what to do, the peer's text made safe, no secret, and a way through JSON. */
import { assert, describe, it } from "@effect/vitest"
import {
  ConnectError,
  ConnectionClosed,
  ConnectReason,
  DecodeFailed,
  EncodeFailed,
  HandshakeInvalid,
  HandshakeRejected,
  IdleTimeout,
  InvalidMessage,
  InvalidOptions,
  InvalidUrl,
  MessageTooBig,
  OptionFailed,
  PongTimeout,
  ProtocolViolation,
  RequestTimedOut,
  Stalled,
  TooManySubscriptions
} from "@effect-websocket/client"
import { InvalidMessage as CoreMessage, ProtocolViolation as CoreViolation } from "@effect-websocket/core"
import {
  HostNotFound,
  ProxyFailed,
  Refused,
  Reset,
  TimedOut,
  TlsFailed,
  TransportError,
  Unreachable
} from "@effect-websocket/transport"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const hostile = `\u0000\u001b[31m\u0085\u202e\u2028${"x".repeat(1000)}`

const rejected = (fields: Partial<typeof HandshakeRejected.Type> = {}) =>
  new HandshakeRejected({
    status: 403,
    statusText: "Forbidden",
    headers: [],
    body: "",
    bodyTruncated: false,
    ...fields
  })

const closed = (fields: Partial<typeof ConnectionClosed.Type> = {}) =>
  new ConnectionClosed({ closeCode: 1006, closeReason: "", by: "network", ...fields })

const pongTimeout = new PongTimeout({
  interval: Duration.seconds(20),
  timeout: Duration.seconds(20),
  missed: 1,
  latency: Duration.millis(12)
})
const idleTimeout = new IdleTimeout({ idleTimeout: Duration.minutes(1) })
const stalled = new Stalled({ stallTimeout: Duration.seconds(60) })
const tooBig = new MessageTooBig({ limit: "maxMessageBytes", allowed: 1024, seen: 2048 })
const violation = new ProtocolViolation(CoreViolation.all.InvalidUtf8)
const reset = new TransportError({ reason: new Reset({ code: "ECONNRESET" }) })

const receiveAndSend = [
  ...Object.values(CoreViolation.all).map((rule) => new ProtocolViolation(rule)),
  ...Object.values(CoreMessage.all).map((rule) => new InvalidMessage(rule)),
  new InvalidMessage({ ...CoreMessage.all.ControlPayloadTooLong, actual: 126 }),
  tooBig,
  new MessageTooBig({ limit: "maxFrameBytes", allowed: 1, seen: 2 }),
  new MessageTooBig({ limit: "maxFragments", allowed: 1, seen: 2 }),
  pongTimeout,
  new PongTimeout({ interval: Duration.seconds(1), timeout: Duration.seconds(1), missed: 3 }),
  idleTimeout,
  new IdleTimeout({ idleTimeout: Duration.minutes(1), latency: Duration.millis(12) }),
  stalled,
  closed(),
  closed({ by: "peer", closeCode: 1001, closeReason: "bye", received: { closeCode: 1001, closeReason: "bye" } }),
  closed({ by: "us", sent: { closeCode: 1000, closeReason: "" }, received: { closeReason: "" }, closeCode: 1005 }),
  ...[violation, tooBig, pongTimeout, idleTimeout, stalled, reset].map((cause) => closed({ cause })),
  new DecodeFailed({ kind: "text", received: '"{}"', problem: 'Expected number at ["price"]' }),
  new EncodeFailed({ problem: 'Expected number at ["price"]' }),
  ...(["NotSent", "Unknown"] as const).flatMap((fate) =>
    [0, 1024].map((blockedBy) => new RequestTimedOut({ timeout: Duration.seconds(30), fate, blockedBy }))
  ),
  new TooManySubscriptions({ limit: "maxActive", allowed: 1024 })
]

const reasons: ReadonlyArray<ConnectReason> = [
  new InvalidUrl({ url: "http://example.com/", problem: "it does not parse: write ws://host:port/path" }),
  new InvalidOptions({ problem: "origni: there is no such option here, so check its name and its group" }),
  new OptionFailed({ option: "headers", cause: "the login service is down" }),
  new HostNotFound({ host: "example.invalid", code: "ENOTFOUND" }),
  new Refused({ address: "127.0.0.1:9" }),
  new Unreachable({ address: "127.0.0.1:9", code: "EHOSTUNREACH" }),
  new Reset({ code: "ECONNRESET" }),
  new ProxyFailed({
    proxy: "http://proxy.test:3128",
    hop: 1,
    to: "example.com:443",
    problem: "not allowed",
    detail: ""
  }),
  new TlsFailed({ problem: "expired", detail: "" }),
  new TimedOut({ stage: "upgrade" }),
  rejected({ status: 400, body: "The SSL certificate error" }),
  ...[301, 302, 303, 307, 308, 400, 401, 403, 404, 426, 429, 500, 503].map((status) => rejected({ status })),
  new HandshakeInvalid({ check: "Upgrade", section: "RFC 6455 §4.1", problem: "the Upgrade header was absent" })
]

const connectErrors = reasons.map(
  (reason) =>
    new ConnectError({
      url: "ws://example.com/",
      reason,
      steps: [
        { stage: "dns", detail: "example.com", startedAt: 0, duration: 1.25 },
        { stage: "tcp", detail: "127.0.0.1:80", startedAt: 1.25, duration: 2, failure: "refused" },
        { stage: "tcp", detail: "[::1]:80", startedAt: 3.25 }
      ]
    })
)

const nameOf = (error: { readonly _tag: string; readonly message: string }) => `${error._tag}: ${error.message}`

describe("each says what to do", () => {
  const advice =
    /\b(ask|allow|check|choose|give|look|open|raise|say|set|take|try|use|wait|call|write|may|holds|on its|so )\b/
  for (const error of [...receiveAndSend, ...connectErrors, ...reasons]) {
    it(nameOf(error), () => assert.match(error.message, advice))
  }

  it("none is empty, and each is an Error with a stack", () => {
    for (const error of [...receiveAndSend, ...connectErrors, ...reasons]) {
      assert.isAbove(error.message.length, 20)
      assert.isString(error.stack)
      assert.instanceOf(error, Error)
    }
  })

  it("a ConnectError lists what was tried, with timings", () => {
    const [first] = connectErrors
    assert.deepStrictEqual(first!.message.split("\n").slice(1), [
      "  dns example.com (at 0.0 ms, took 1.3 ms): done",
      "  tcp 127.0.0.1:80 (at 1.3 ms, took 2.0 ms): refused",
      "  tcp [::1]:80 (at 3.3 ms, still going on)"
    ])
  })

  it("a ConnectionClosed of this side says what can have closed it: mostly a scope that was left too early", () => {
    const { message } = closed({ by: "us", closeCode: 1000 })
    assert.strictEqual(
      message,
      "The connection was closed on this side (1000): its scope was left, close or abort was called, or a sendFragments was broken off: open a new one to go on"
    )
  })

  it("a ConnectionClosed says who, which code and why", () => {
    assert.strictEqual(
      closed({ by: "peer", closeCode: 4000, closeReason: "no more" }).message,
      'The peer closed the connection (4000, "no more"): open a new one to go on'
    )
    assert.strictEqual(
      closed({ cause: reset }).message,
      `The connection was lost without a Close frame (1006): ${reset.message}`
    )
  })
})

describe("text from the peer is escaped and cut wherever it enters a message", () => {
  const rows: Record<string, { readonly message: string }> = {
    "a close reason": closed({ by: "peer", closeReason: hostile }),
    "a close reason behind a ConnectionClosed": closed({ by: "peer", closeReason: hostile, cause: reset }),
    "a status text": rejected({ statusText: hostile }),
    "a body": rejected({ body: hostile }),
    "what stood in a header": new HandshakeInvalid({ check: "a", section: "b", problem: "c", found: hostile }),
    "why an option failed": new OptionFailed({ option: "headers", cause: new Error(hostile) }),
    "a certificate": new TlsFailed({ problem: "wrong host", detail: hostile }),
    "a step": new ConnectError({
      url: "ws://a/",
      reason: new Refused({ address: "a" }),
      steps: [{ stage: "dns", detail: hostile, startedAt: 0 }]
    }),
    "a refusal inside a ConnectError": new ConnectError({
      url: "ws://a/",
      reason: rejected({ statusText: hostile, body: hostile }),
      steps: [
        { stage: "upgrade", detail: "ws://a/", startedAt: 0, duration: 1, failure: rejected({ body: hostile }).message }
      ]
    })
  }
  for (const [what, error] of Object.entries(rows)) {
    it(what, () => {
      const lines = error.message.replaceAll("\n", "")
      assert.notMatch(lines, /[\p{Cc}\p{Bidi_Control}\u2028]/u)
      assert.notInclude(lines, "x".repeat(200))
    })
  }

  it("the fields keep what the peer said", () => {
    assert.strictEqual(closed({ closeReason: hostile }).closeReason, hostile)
    assert.strictEqual(rejected({ body: hostile }).body, hostile)
  })
})

describe("through JSON and back", () => {
  const classes = {
    ProtocolViolation,
    MessageTooBig,
    PongTimeout,
    IdleTimeout,
    Stalled,
    ConnectionClosed,
    InvalidMessage,
    DecodeFailed,
    EncodeFailed,
    RequestTimedOut,
    TooManySubscriptions,
    ConnectError
  }

  for (const error of [...receiveAndSend, ...connectErrors]) {
    it.effect(nameOf(error), () =>
      Effect.gen(function* () {
        const codec = Schema.toCodecJson<Schema.Codec<typeof error, unknown>>(classes[error._tag] as never)
        const json = JSON.parse(JSON.stringify(yield* Schema.encodeEffect(codec)(error)))
        const back = yield* Schema.decodeUnknownEffect(codec)(json)
        assert.strictEqual(back.constructor, error.constructor)
        assert.deepStrictEqual({ ...back }, { ...error })
        assert.strictEqual(back.message, error.message)
      })
    )
  }

  it.effect("every reason of a ConnectError", () =>
    Effect.gen(function* () {
      const codec = Schema.toCodecJson(ConnectReason)
      for (const reason of reasons) {
        const json = JSON.parse(JSON.stringify(yield* Schema.encodeEffect(codec)(reason)))
        const back = yield* Schema.decodeEffect(codec)(json)
        assert.strictEqual(back.constructor, reason.constructor)
        assert.strictEqual(back.message, reason.message)
      }
    })
  )
})
