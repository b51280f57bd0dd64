import { assert, describe, it } from "@effect/vitest"
import {
  ConnectError,
  ConnectionClosed,
  type ConnectReason,
  HandshakeInvalid,
  HandshakeRejected,
  IdleTimeout,
  InvalidOptions,
  InvalidUrl,
  type LossCause,
  MessageTooBig,
  OnOpenFailed,
  OptionFailed,
  PongTimeout,
  ProtocolViolation,
  Reconnect,
  Stalled
} from "@effect-websocket/client"
import {
  HostNotFound,
  ProxyFailed,
  Refused,
  Reset,
  TimedOut,
  TlsFailed,
  Unreachable
} from "@effect-websocket/transport"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"

const connectError = (reason: ConnectReason) => new ConnectError({ url: "ws://server.test/", reason, steps: [] })

const rejected = (status: number) =>
  connectError(new HandshakeRejected({ status, statusText: "", headers: [], body: "", bodyTruncated: false }))

const proxyFailed = (problem: ProxyFailed["problem"]) =>
  connectError(new ProxyFailed({ proxy: "http://proxy.test:3128", hop: 1, to: "server.test:80", problem, detail: "" }))

const closed = (closeCode: number, by: "peer" | "us" | "network" = "peer") =>
  new ConnectionClosed({ closeCode, closeReason: "", by })

const second = Duration.seconds(1)

describe("retryAfter", () => {
  it("reads the delay where it is called: a client would die of it", () => {
    assert.deepStrictEqual(Reconnect.retryAfter("5 seconds"), { _tag: "RetryAfter", delay: Duration.seconds(5) })
    assert.throws(() => Reconnect.retryAfter("nonsense" as never))
  })
})

describe("Reconnect.decide", () => {
  const decides = (tag: "Retry" | "Stop", rows: Record<string, LossCause>) => {
    for (const [name, cause] of Object.entries(rows)) {
      it(`${tag}: ${name}`, () => assert.strictEqual(Reconnect.decide({ cause })._tag, tag))
    }
  }

  decides("Stop", {
    "a URL that cannot be dialled": connectError(new InvalidUrl({ url: "", problem: "" })),
    "options that cannot be used": connectError(new InvalidOptions({ problem: "" })),
    "a handshake that breaks the protocol": connectError(new HandshakeInvalid({ check: "", section: "", problem: "" })),
    "an option of TLS that cannot be used": connectError(new TlsFailed({ problem: "bad option", detail: "" })),
    "a proxy that cannot be asked": proxyFailed("bad proxy"),
    "a proxy that wants credentials": proxyFailed("authentication required"),
    "a proxy that refuses credentials": proxyFailed("credentials refused"),
    "an onOpen that died": new OnOpenFailed({ generation: 1, problem: "died" }),
    ...Object.fromEntries(
      [400, 401, 403, 404, 407, 410, 426, 451].map((status) => [`HTTP ${status}`, rejected(status)])
    ),
    ...Object.fromEntries(
      [1002, 1003, 1007, 1008, 1009, 1010, 3000, 3003].map((code) => [`the peer's ${code}`, closed(code)])
    )
  })

  decides("Retry", {
    "an option that could not be made": connectError(new OptionFailed({ option: "headers", cause: "down" })),
    "no such host": connectError(new HostNotFound({ host: "server.test", code: "ENOTFOUND" })),
    "a handshake that broke off": connectError(
      new HandshakeInvalid({ check: "HeadIncomplete", section: "", problem: "" })
    ),
    "nobody listens": connectError(new Refused({ address: "203.0.113.1:80" })),
    "no route": connectError(new Unreachable({ address: "203.0.113.1:80", code: "ENETUNREACH" })),
    "a proxy in trouble": proxyFailed("host unreachable"),
    "an environment that cannot be read": proxyFailed("unreadable environment"),
    "a file for secrets that cannot be written": connectError(new TlsFailed({ problem: "key log", detail: "" })),
    "broken while connecting": connectError(new Reset({})),
    "too slow": connectError(new TimedOut({ stage: "tcp" })),
    "a certificate's file, which may be renewed": connectError(
      new TlsFailed({ problem: "bad certificate file", detail: "" })
    ),
    "TLS, which may be repaired": connectError(new TlsFailed({ problem: "expired", detail: "" })),
    ...Object.fromEntries([301, 408, 425, 429, 500, 502, 503].map((status) => [`HTTP ${status}`, rejected(status)])),
    ...Object.fromEntries(
      [1000, 1001, 1005, 1006, 1011, 1012, 1013, 4000].map((code) => [`the peer's ${code}`, closed(code)])
    ),
    "a lost network": closed(1006, "network"),
    "a violation of the peer": new ProtocolViolation({ rule: "InvalidUtf8", closeCode: 1007, section: "" }),
    "a message too big": new MessageTooBig({ limit: "maxMessageBytes", allowed: 1, seen: 2 }),
    "a dead peer": new PongTimeout({ interval: second, timeout: second, missed: 1 }),
    "a silent peer": new IdleTimeout({ idleTimeout: second }),
    "a standstill": new Stalled({ stallTimeout: second }),
    "an onOpen that failed": new OnOpenFailed({ generation: 1, problem: "failed", cause: "no" }),
    "an onOpen that took too long": new OnOpenFailed({ generation: 1, problem: "timed out", timeout: second })
  })
})

describe("Reconnect.schedule", () => {
  const loss = {
    cause: closed(1006),
    generation: 1,
    uptime: second,
    attempt: 1,
    retryAfter: undefined,
    lost: { notSent: 0, unknown: 0, notTaken: 0 }
  }

  const delays = (options: Reconnect.ReconnectOptions, count: number) =>
    Effect.gen(function* () {
      const step = yield* Schedule.toStep(Reconnect.schedule(Reconnect.ReconnectOptions.make(options as never)))
      const delays: Array<number> = []
      for (let i = 0; i < count; i++) delays.push(Duration.toMillis((yield* step(0, loss))[1]))
      return delays
    })

  const drawing = (part: number) =>
    Effect.provideService(Random.Random, { nextIntUnsafe: () => 0, nextDoubleUnsafe: () => part } as never)

  it.effect("doubles from a second to 30 of them, and stays there without end", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* drawing(0.5)(delays({}, 8)), [500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000])
      assert.deepStrictEqual((yield* drawing(0.25)(delays({}, 5000))).at(-1), 7500)
    })
  )

  it.effect("grows from what `first` is, by `factor`, to `max`", () =>
    Effect.gen(function* () {
      const options = { first: Duration.seconds(2), factor: 3, max: Duration.seconds(20) }
      assert.deepStrictEqual(yield* drawing(0.5)(delays(options, 4)), [1000, 3000, 9000, 10_000])
    })
  )

  it.effect("is random through and through, from the first delay on", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* drawing(0)(delays({}, 4)), [0, 0, 0, 0])
      assert.deepStrictEqual(yield* Random.withSeed(delays({}, 3), "a"), yield* Random.withSeed(delays({}, 3), "a"))
      assert.notDeepEqual(yield* Random.withSeed(delays({}, 3), "a"), yield* Random.withSeed(delays({}, 3), "b"))
    })
  )
})
