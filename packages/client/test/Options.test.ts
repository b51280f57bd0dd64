/** Options are data: every default, every range, and an error that names the key and never the value. */
import { assert, describe, it } from "@effect/vitest"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Options from "../src/Options.ts"

describe("nothing given", () => {
  it.effect("an option that is there but undefined counts as absent, at every depth", () =>
    Effect.gen(function* () {
      const options = { origin: undefined, headers: undefined, limits: { maxFragments: undefined }, tls: undefined }
      assert.deepStrictEqual(yield* Options.decode(options), yield* Options.decode({}))
    })
  )

  it.effect("every default, as the table of limits has it", () =>
    Effect.gen(function* () {
      const settings = yield* Options.decode({})
      assert.deepStrictEqual(settings.limits, {
        maxMessageBytes: 1_048_576,
        maxFragments: 1024,
        inboxMessages: 1024,
        inboxBytes: 1_048_576,
        maxHeadBytes: 16_384,
        maxHeaders: 128,
        maxBodyBytes: 65_536
      })
      const millis = Object.entries(settings.deadlines).map(([name, time]) => [name, Duration.toMillis(time)])
      assert.deepStrictEqual(Object.fromEntries(millis), {
        openTimeout: 10_000,
        closeTimeout: 10_000,
        interruptCloseTimeout: 1000,
        stallTimeout: 60_000
      })
      assert.deepStrictEqual(settings.keepAlive, {
        interval: Duration.seconds(20),
        timeout: Duration.seconds(20),
        missed: 1,
        onlyWhenIdle: false
      })
      assert.deepStrictEqual(settings.addresses, {
        family: "any",
        attemptDelay: Duration.millis(250),
        maxAddresses: 32
      })
      assert.deepStrictEqual(settings.socket, { noDelay: true, keepAlive: Duration.seconds(30) })
      assert.deepStrictEqual(settings.subprotocols, [])
      assert.deepStrictEqual(settings.headers, {})
    })
  )

  it.effect("a part given keeps the other defaults", () =>
    Effect.gen(function* () {
      const settings = yield* Options.decode({ limits: { maxMessageBytes: "unlimited" }, keepAlive: { timeout: 5 } })
      assert.strictEqual(settings.limits.maxMessageBytes, "unlimited")
      assert.strictEqual(settings.limits.inboxMessages, 1024)
      assert.deepInclude(settings.keepAlive, { interval: Duration.seconds(20), timeout: Duration.millis(5), missed: 1 })
    })
  )

  it("make fills in the same defaults", () => {
    const made = Options.ConnectOptions.make({})
    assert.deepStrictEqual(made, Effect.runSync(Options.decode({})))
  })
})

describe("every form of a value", () => {
  for (const time of [Duration.seconds(2), 2000, "2 seconds", "2000 millis"]) {
    it.effect(`a time: ${JSON.stringify(time)}`, () =>
      Effect.gen(function* () {
        const { deadlines } = yield* Options.decode({ deadlines: { openTimeout: time } })
        assert.strictEqual(Duration.toMillis(deadlines.openTimeout), 2000)
      })
    )
  }

  it.effect("an infinite time: no deadline", () =>
    Effect.gen(function* () {
      const { deadlines } = yield* Options.decode({ deadlines: { openTimeout: "Infinity" } })
      assert.isFalse(Duration.isFinite(deadlines.openTimeout))
    })
  )

  it.effect("a redacted header stays redacted", () =>
    Effect.gen(function* () {
      const { headers } = yield* Options.decode({ headers: { Authorization: Redacted.make("secret"), "X-A": "plain" } })
      assert.notInclude(JSON.stringify(headers), "secret")
      assert.strictEqual(headers["X-A"], "plain")
    })
  )

  it.effect("redirects and trace are read from the environment", () =>
    Effect.gen(function* () {
      const { redirects, trace } = Options.ConnectOptions.fields
      const config = Config.schema(Schema.Struct({ redirects, trace }), "WS")
      const from = (env: Record<string, string>) => config.parse(ConfigProvider.fromEnvRecord(env))
      assert.deepStrictEqual(yield* from({ WS_trace: "true" }), { redirects: false, trace: true })
      const some = { WS_redirects_limit: "3", WS_redirects_trustedOrigins_0: "wss://a.test", WS_trace_level: "Debug" }
      assert.deepStrictEqual(yield* from(some), {
        redirects: { limit: 3, trustedOrigins: ["wss://a.test"], onlyTrusted: false, keepHeaders: [] },
        trace: { level: "Debug", payloadBytes: 0 }
      })
    })
  )

  it.effect("keepAlive: false turns it off", () =>
    Effect.gen(function* () {
      assert.isFalse((yield* Options.decode({ keepAlive: false })).keepAlive)
    })
  )

  it.effect("settings survive their own encoding, so they can be kept as JSON", () =>
    Effect.gen(function* () {
      const settings = yield* Options.decode({
        subprotocols: ["chat"],
        origin: "https://example.com",
        keepAlive: false
      })
      const codec = Schema.toCodecJson(Options.ConnectOptions)
      const json = JSON.parse(JSON.stringify(yield* Schema.encodeEffect(codec)(settings)))
      assert.deepStrictEqual(yield* Schema.decodeEffect(codec)(json), settings)
    })
  )
})

describe("what is refused", () => {
  const rows: ReadonlyArray<readonly [options: unknown, problem: RegExp]> = [
    [{ subprotocol: ["chat"] }, /used: subprotocol: there is no such option here, so check its name and its group$/],
    [
      { limits: { maxMesageBytes: 1 } },
      /used: limits\.maxMesageBytes: there is no such option here, so check its name and its group$/
    ],
    [
      { tls: { rejectUnauthorized: false } },
      /used: tls\.rejectUnauthorized: there is no such option here, so check its name and its group$/
    ],
    [{ "no name\n": 1 }, /used: "no name\\n": there is no such option here, so check its name and its group$/],
    [
      { tls: { ca: ["pem", { file: "ca.pem" }] } },
      /tls\.ca\.1\.file: there is no such option here, [^;]*; tls\.ca\.1\.path: Missing key$/
    ],
    [
      { proxy: { ulr: "http://a" } },
      /used: proxy\.ulr: there is no such option here, so check its name and its group; proxy\.url: Missing key$/
    ],
    [{ proxy: { url: 4 } }, /used: proxy\.url: Expected string \| Redacted<string>$/],
    [{ headers: { "X-A": 4 } }, /used: headers\.X-A: Expected string \| Redacted<string>$/],
    [{ limits: { maxMessageBytes: 0 } }, /limits\.maxMessageBytes: [^;]*greater than 0/],
    [{ limits: { maxMessageBytes: -1 } }, /greater than 0/],
    [{ limits: { maxMessageBytes: 1.5 } }, /integer/],
    [{ limits: { maxMessageBytes: Number.POSITIVE_INFINITY } }, /integer/],
    [{ limits: { maxMessageBytes: "unlimted" } }, /"unlimited"/],
    [{ limits: { inboxMessages: "unlimited" } }, /number/],
    [{ deadlines: { openTimeout: 0 } }, /longer than zero/],
    [{ deadlines: { closeTimeout: -1 } }, /longer than zero/],
    [{ deadlines: { stallTimeout: Number.NaN } }, /longer than zero/],
    [
      { deadlines: { openTimeout: "10 secnds" } },
      /used: deadlines\.openTimeout: Expected a time such as "10 seconds" or a valid Duration string$/
    ],
    [{ deadlines: { openTimeout: true } }, /used: deadlines\.openTimeout: Expected a time such as "10 seconds"$/],
    [{ keepAlive: true }, /false/],
    [{ keepAlive: { interval: 0 } }, /longer than zero/],
    [{ keepAlive: { missed: 0 } }, /greater than 0/],
    [{ keepAlive: { jitter: 1.1 } }, /between 0 and 1/],
    [{ deadlines: { idleTimeout: 0 } }, /longer than zero/],
    [{ subprotocols: "chat" }, /array/],
    [{ headers: "Authorization: secret" }, /object/],
    [{ headers: { Authorization: ["secret"] } }, /headers\.Authorization: /],
    [{ tls: { passphrase: ["secret"] } }, /tls\.passphrase: /],
    [{ origin: null }, /string/],
    ["secret", /object/]
  ]
  for (const [options, problem] of rows) {
    it.effect(JSON.stringify(options), () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(Options.decode(options))
        assert.match(error.message, problem)
        assert.notInclude(error.message, "secret")
      })
    )
  }

  it.effect("all mistakes at once", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Options.decode({ origin: 1, host: 2, limits: { maxHeaders: 0 } }))
      assert.match(error.message, /: host: .*; origin: .*; limits\.maxHeaders: /)
    })
  )

  it.effect("bytes of a file where a path or a text belongs: five mistakes and the number of the others", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Options.decode({ tls: { ca: new Uint8Array(1000) } }))
      assert.match(error.message, /; tls\.ca\.4: there is no such option here, [^;]*; and 996 more$/)
    })
  )
})
