/** A client's options from the environment, or from any ConfigProvider. */
import { assert, describe, it } from "@effect/vitest"
import { Client, ClientData, type ClientOptions, Reconnect } from "@effect-websocket/client"
import { ServerPeer } from "@effect-websocket/client/testing"
import { Transport } from "@effect-websocket/transport"
import { MemoryTransport } from "@effect-websocket/transport/testing"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import { load } from "../src/internal/ClientConfig.ts"
import { settle } from "./harness.ts"

const env = (env: Record<string, string>) =>
  Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env }))

const json = (root: unknown) => Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown(root))

describe("options from the environment", () => {
  it.effect("a URL is enough; all else has its default", () =>
    Effect.gen(function* () {
      const loaded = yield* load("WS").pipe(env({ WS_URL: "wss://example.com/feed" }))
      assert.strictEqual(loaded.url, "wss://example.com/feed")
      assert.deepStrictEqual(loaded.reconnect, Reconnect.ReconnectOptions.make({}))
      // A client's own, which is another one than a connection's, is made where it is missing.
      assert.notProperty(loaded.keepAlive, "jitter")
    })
  )

  it.effect("every group is reached by its name, in the environment's words", () =>
    Effect.gen(function* () {
      const loaded = yield* load("WS").pipe(
        env({
          WS_URL: "wss://example.com/feed",
          WS_RECONNECT_FIRST: "2 seconds",
          WS_RECONNECT_MAX: "1 minute",
          WS_MAX_RETRY_AFTER: "60000",
          WS_RECONNECT_FACTOR: "1.5",
          WS_OUTBOX_WHILE_DISCONNECTED: "queue",
          WS_OUTBOX_MAX_MESSAGES: "10",
          WS_OUTBOX_RESEND: "false",
          WS_ON_OPEN_TIMEOUT: "3 seconds",
          WS_KEEP_ALIVE_INTERVAL: "5 seconds",
          WS_LIMITS_MAX_MESSAGE_BYTES: "unlimited",
          WS_DEADLINES_OPEN_TIMEOUT: "300",
          WS_COMPRESSION: "false",
          WS_SUBPROTOCOLS_0: "v2",
          WS_SUBPROTOCOLS_1: "v1",
          WS_HEADERS_AUTHORIZATION: "Bearer 5e1f",
          WS_TLS_CA_PATH: "ca.pem",
          WS_TLS_MIN_VERSION: "TLSv1.3"
        })
      )
      assert.deepInclude(loaded.reconnect, { first: Duration.seconds(2), max: Duration.minutes(1), factor: 1.5 })
      assert.deepStrictEqual(loaded.maxRetryAfter, Duration.minutes(1))
      assert.deepInclude(loaded.outbox, { whileDisconnected: "queue", maxMessages: 10, resend: false })
      assert.deepStrictEqual(loaded.onOpenTimeout, Duration.seconds(3))
      assert.deepInclude(loaded.keepAlive, { interval: Duration.seconds(5) })
      assert.deepInclude(loaded.limits, { maxMessageBytes: "unlimited" })
      assert.deepInclude(loaded.deadlines, { openTimeout: Duration.millis(300) })
      assert.isFalse(loaded.compression)
      assert.deepStrictEqual(loaded.subprotocols, ["v2", "v1"])
      assert.deepStrictEqual(loaded.headers, { AUTHORIZATION: "Bearer 5e1f" })
      assert.deepInclude(loaded.tls, { ca: { path: "ca.pem" }, minVersion: "TLSv1.3" })
    })
  )

  it.effect("what is turned off is off, whatever else is said about it", () =>
    Effect.gen(function* () {
      const loaded = yield* load("WS").pipe(
        env({
          WS_URL: "wss://example.com/feed",
          WS_COMPRESSION: "false",
          WS_COMPRESSION_LEVEL: "9",
          WS_KEEP_ALIVE: "false",
          WS_KEEP_ALIVE_INTERVAL: "5 seconds",
          WS_PROXY: "none",
          WS_PROXY_URL: "http://proxy.test:3128",
          WS_REDIRECTS: "false",
          WS_REDIRECTS_LIMIT: "3",
          WS_TRACE: "true",
          WS_TRACE_PAYLOAD_BYTES: "16"
        })
      )
      const { compression, keepAlive, proxy, redirects, trace } = loaded
      assert.deepStrictEqual([compression, keepAlive, redirects, proxy], [false, false, false, "none"])
      assert.deepInclude(trace, { payloadBytes: 16 })
    })
  )

  const problems: Record<string, readonly [Record<string, string>, RegExp]> = {
    "a URL that is missing": [{ WS_RECONNECT_FIRST: "1 second" }, /Missing key\s+at \["WS"\]\["url"\]/],
    "everything missing": [{}, /Missing key\s+at \["WS"\]\["url"\]/],
    "a number that is none": [
      { WS_URL: "ws://a/", WS_LIMITS_INBOX_MESSAGES: "many" },
      /at \["WS"\]\["limits"\]\["inboxMessages"\]/
    ],
    "a time that is none": [{ WS_URL: "ws://a/", WS_RECONNECT_MAX: "soon" }, /at \["WS"\]\["reconnect"\]\["max"\]/],
    "a choice that there is not": [
      { WS_URL: "ws://a/", WS_OUTBOX_OVERFLOW: "explode" },
      /"dropOldest".*at \["WS"\]\["outbox"\]\["overflow"\]/s
    ]
  }
  for (const [name, [given, message]] of Object.entries(problems)) {
    it.effect(`${name} is named`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(load("WS").pipe(env(given)))
        assert.match(error.message, message)
      })
    )
  }
})

describe("headers from the environment", () => {
  const headersOf = (given: Record<string, string>, wrap = (provider: ConfigProvider.ConfigProvider) => provider) =>
    Effect.map(
      Effect.provideService(
        load("WS"),
        ConfigProvider.ConfigProvider,
        wrap(ConfigProvider.fromEnv({ env: { WS_URL: "ws://a/", ...given } }))
      ),
      ({ headers }) => headers
    )

  const rows: Record<string, readonly [Record<string, string>, Record<string, string>]> = {
    "words are joined as those of headers are": [{ WS_HEADERS_X_API_KEY: "k" }, { "X-API-KEY": "k" }],
    "a hyphen stays": [{ "WS_HEADERS_X-API-KEY": "k" }, { "X-API-KEY": "k" }],
    "lower case stays": [{ "WS_HEADERS_x-api-key": "k" }, { "x-api-key": "k" }],
    "mixed case stays": [{ WS_HEADERS_ApiKey2: "k" }, { ApiKey2: "k" }],
    "a name that begins another": [
      { WS_HEADERS_X: "1", WS_HEADERS_X_Y: "2" },
      { X: "1", "X-Y": "2" }
    ],
    "a word that is a number": [
      { WS_HEADERS_X_1: "a", WS_HEADERS_X_0_B: "b" },
      { "X-1": "a", "X-0-B": "b" }
    ],
    "an empty one is absent": [{ WS_HEADERS_A: "", WS_HEADERS_B: "b" }, { B: "b" }]
  }
  for (const [name, [given, headers]] of Object.entries(rows)) {
    it.effect(name, () => Effect.map(headersOf(given), (found) => assert.deepStrictEqual(found, headers)))
  }

  it.effect("through a provider that asks in upper case", () =>
    Effect.map(headersOf({ WS_HEADERS_X_API_KEY: "k" }, ConfigProvider.constantCase), (found) =>
      assert.deepStrictEqual(found, { "X-API-KEY": "k" })
    )
  )

  it.effect("of a proxy as well", () =>
    Effect.gen(function* () {
      const given = { WS_URL: "ws://a/", WS_PROXY_URL: "http://p.test:1", WS_PROXY_HEADERS_X_API_KEY: "k" }
      const { proxy } = yield* load("WS").pipe(env(given))
      assert.deepInclude(proxy, { headers: { "X-API-KEY": "k" } })
    })
  )

  it.effect("are in JSON what they are, and nothing else is joined", () =>
    Effect.gen(function* () {
      const headers = { "x-api-key": "k", ApiKey2: "l" }
      assert.deepStrictEqual((yield* load("ws").pipe(json({ ws: { url: "ws://a/", headers } }))).headers, headers)
      const nested = { ws: { url: "ws://a/", headers: { cookie: ["a"] } } }
      const error = yield* Effect.flip(load("ws").pipe(json(nested)))
      assert.match(error.message, /Expected string\s+at \["ws"\]\["headers"\]\["cookie"\]/)
    })
  )
})

describe("what is given is not read", () => {
  it.effect("neither asked for nor checked, and all else is", () =>
    Effect.gen(function* () {
      const given = { url: Effect.succeed("ws://a/"), subprotocols: ["v2"], headers: {}, reconnect: { factor: 3 } }
      const loaded = yield* load("WS", given).pipe(
        env({ WS_RECONNECT_FIRST: "never", WS_SUBPROTOCOLS: "v1", WS_HEADERS: "?", WS_ORIGIN: "https://app.test" })
      )
      assert.deepInclude(loaded, { ...given, origin: "https://app.test" })
    })
  )

  it.effect("even if every option is given", () =>
    Effect.map(load("WS", { url: "ws://a/" }).pipe(env({})), ({ url }) => assert.strictEqual(url, "ws://a/"))
  )

  it.effect("what is given as undefined counts as absent", () =>
    Effect.gen(function* () {
      const loaded = yield* load("WS", { url: undefined } as never).pipe(env({ WS_URL: "ws://a/" }))
      assert.strictEqual(loaded.url, "ws://a/")
    })
  )

  it.effect("where it stands as well, it is no unknown key", () =>
    Effect.gen(function* () {
      const root = { ws: { url: "ws://b/", reconnect: { fist: 1 } } }
      const loaded = yield* load("ws", { url: "ws://a/", reconnect: {} }).pipe(json(root))
      assert.strictEqual(loaded.url, "ws://a/")
    })
  )
})

describe("the names of options", () => {
  const unknown: Record<string, readonly [object, string]> = {
    "beside them": [{ typo: 1 }, '["ws"]["typo"]'],
    "in a group": [{ keepAlive: { intervall: 5000 } }, '["ws"]["keepAlive"]["intervall"]'],
    "in a list": [
      { compression: { offers: [{ clientMaxWindowBits: 9, bits: 1 }] } },
      '["ws"]["compression"]["offers"][0]["bits"]'
    ]
  }
  for (const [where, [given, path]] of Object.entries(unknown)) {
    it.effect(`one that there is not is refused ${where}`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(load("ws").pipe(json({ ws: { url: "ws://a/", ...given } })))
        assert.strictEqual(error._tag, "ConfigError")
        assert.include(error.message, `Expected no excess property\n  at ${path}`)
      })
    )
  }

  const inVain: Record<string, Record<string, string>> = {
    "beside the options": { WS_SERVICE_HOST: "10.0.0.1", WS_RETRIES: "secret" },
    "with one word where there are two": { WS_KEEPALIVE_INTERVAL: "1 second" },
    "in the words of a name": { WS_KEEP_ALVE_INTERVAL: "1 second", WS_MAX_RETRY_AFTR: "5" },
    "in a group": { WS_RECONNECT_FRIST: "1 second" },
    "as a list": { WS_SUBPROTOCOL_0: "chat", WS_PORT_443_TCP: "tcp://10.0.0.1" }
  }
  for (const [where, given] of Object.entries(inVain)) {
    it.effect(`one in upper case may be somebody else's: it is ignored, and named in a warning, ${where}`, () =>
      Effect.gen(function* () {
        const warned: Array<unknown> = []
        const logger = Logger.layer([Logger.make(({ logLevel, message }) => warned.push(logLevel, message))])
        const loaded = yield* load("WS").pipe(env({ WS_URL: "ws://a/", ...given }), Effect.provide(logger))
        assert.deepStrictEqual(loaded, yield* load("WS").pipe(env({ WS_URL: "ws://a/" })))
        assert.strictEqual(warned.length, 2)
        assert.strictEqual(warned[0], "Warn")
        for (const name of Object.keys(given)) assert.include(String(warned[1]), name.replace(/\d.*/, "*"))
        assert.notInclude(String(warned[1]), "secret")
      })
    )
  }

  it.effect("nothing is said of the options, of those that are turned off or given, and of headers", () =>
    Effect.gen(function* () {
      const warned: Array<unknown> = []
      const logger = Logger.layer([Logger.make(({ message }) => warned.push(message))])
      const given = {
        WS_URL: "ws://a/",
        WS_KEEP_ALIVE_INTERVAL: "5 seconds",
        WS_COMPRESSION: "false",
        WS_COMPRESSION_LEVEL: "9",
        WS_PROXY_0: "http://a.test:1",
        WS_PROXY_1: "http://b.test:1",
        WS_SUBPROTOCOLS_0: "v2",
        WS_HEADERS_X_API_KEY: "5e1f",
        WS_TRACE: "true",
        WS_TRACE_PAYLOAD_BYTES: "16",
        WS_RECONNECT_FIRST: "1 second",
        WS_TLS_CA_PATH: "ca.pem",
        WSS_URL: "ws://b/"
      }
      const functions = { reconnect: Schedule.forever }
      yield* load("WS", functions).pipe(env(given), Effect.provide(logger))
      const proxy = { WS_URL: "ws://a/", WS_PROXY_URL: "http://a.test:1", WS_PROXY_HEADERS_X_TOKEN: "5e1f" }
      yield* load("WS").pipe(env(proxy), Effect.provide(logger))
      yield* load("ws").pipe(json({ ws: { url: "ws://a/", keepAlive: { interval: 1 } } }), Effect.provide(logger))
      assert.deepStrictEqual(warned, [])
    })
  )

  it("none is the beginning of another beside it, which the environment could not tell from a group", () => {
    const words = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
    const groups = [ClientData.fields, ...Object.values(ClientData.make({ url: "ws://a/" })).filter(Predicate.isObject)]
    for (const group of groups) {
      const names = Object.keys(group).map(words)
      for (const name of names)
        assert.isUndefined(
          names.find((other) => other.startsWith(`${name}_`)),
          name
        )
    }
  })
})

describe("options from another provider", () => {
  it.effect("are found under the names that they have in code", () =>
    Effect.gen(function* () {
      const loaded = yield* load("prices").pipe(
        json({ prices: { url: "ws://a/", keepAlive: { interval: "5 seconds" }, maxRetryAfter: 1000 } })
      )
      assert.deepInclude(loaded.keepAlive, { interval: Duration.seconds(5) })
      assert.deepStrictEqual(loaded.maxRetryAfter, Duration.seconds(1))
    })
  )
})

class Prices extends Client.Service<Prices>()("test/Prices") {}
class Orders extends Client.Service<Orders>()("test/Orders") {}

describe("clients as services", () => {
  it.effect("many in one program, each with options of its own", () =>
    Effect.gen(function* () {
      const network = yield* MemoryTransport.make()
      const layers = Layer.mergeAll(
        Prices.layer({ url: "ws://prices.test/", subprotocols: ["v1"] }),
        Orders.layer({ url: "ws://orders.test/" })
      )
      const context = yield* Layer.build(Layer.provide(layers, network.layer))
      const targets: Array<string> = []
      for (let i = 0; i < 2; i++) {
        const dial = yield* network.dial
        targets.push(dial.target.host)
        const wire = dial.accept()
        yield* Effect.addFinalizer(() => Effect.sync(() => wire.reset()))
        const server = yield* ServerPeer.accept(wire)
        yield* server.send(`from ${dial.target.host}`)
      }
      assert.sameMembers(targets, ["prices.test", "orders.test"])
      assert.strictEqual(yield* Context.get(context, Prices).receive, "from prices.test")
      assert.strictEqual(yield* Context.get(context, Orders).receive, "from orders.test")
    })
  )

  it.effect("layerConfig takes what is data from the provider, and functions as arguments", () =>
    Effect.gen(function* () {
      const network = yield* MemoryTransport.make()
      const opened: Array<number> = []
      const layer = Prices.layerConfig("PRICES", {
        headers: Effect.succeed({ authorization: Redacted.make("Bearer 5e1f") }),
        onOpen: (_, generation) =>
          Effect.sync(() => {
            opened.push(generation)
          }),
        onLost: () => Effect.succeed(Reconnect.stop)
      })
      const context = yield* Layer.build(Layer.provide(layer, network.layer)).pipe(
        env({ PRICES_URL: "ws://prices.test/feed", PRICES_ORIGIN: "https://app.test" })
      )
      const wire = yield* network.accept
      yield* Effect.addFinalizer(() => Effect.sync(() => wire.reset()))
      const server = yield* ServerPeer.accept(wire)
      assert.strictEqual(server.request.resourceName, "/feed")
      assert.deepInclude(server.request.headers, ["Origin", "https://app.test"])
      assert.deepInclude(server.request.headers, ["authorization", "Bearer 5e1f"])
      yield* settle
      wire.reset()
      yield* settle
      assert.deepStrictEqual(opened, [1])
      assert.deepInclude(yield* Context.get(context, Prices).status, { _tag: "Stopped", by: "onLost" })
    })
  )

  it.effect("options that can never lead to a connection fail the layer", () =>
    Effect.gen(function* () {
      const fails = (options: ClientOptions) =>
        Effect.flip(Layer.build(Prices.layer(options))).pipe(
          Effect.provideService(Transport, { open: () => Effect.never })
        )
      assert.strictEqual((yield* fails({ url: "http://prices.test/" }))._tag, "InvalidUrl")
      assert.strictEqual((yield* fails({ url: "ws://a/", limits: { inboxMessages: 0 } }))._tag, "InvalidOptions")
      assert.strictEqual((yield* fails({ url: "ws://a/", reconnect: { factor: 0.5 } }))._tag, "InvalidOptions")
      assert.strictEqual((yield* fails(null as never))._tag, "InvalidOptions")
      assert.strictEqual((yield* fails({ url: "ws://a/", cookies: "jar" } as never))._tag, "InvalidOptions")
      const error = yield* fails({ url: "ws://a/", outbox: { maxAge: "soon" } } as never)
      assert.match(error.message, /outbox\.maxAge: /)
    })
  )
})
