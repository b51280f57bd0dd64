/** What a program may say about proxies: every form of it, from code and from Config; and what it may not say. */
import { assert, describe, it } from "@effect/vitest"
import { NoProxy, ProxyOptions } from "@effect-websocket/transport"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Options from "../src/ProxyOptions.ts"

const decode = (schema: Schema.Decoder<unknown>, value: unknown) =>
  Schema.decodeUnknownEffect(schema, { errors: "all", onExcessProperty: "error" })(value)

const urls = (options: ProxyOptions) =>
  Options.list(options).map(({ url }) => (Redacted.isRedacted(url) ? Redacted.value(url) : url))

describe("legal", () => {
  const url = "http://ann:s3cret@proxy.test:3128"
  for (const [name, value, expected] of [
    ["none", "none", []],
    ["the environment", "environment", ["environment"]],
    ["the environment, with headers", { url: "environment", headers: { "X-Team": "feeds" } }, ["environment"]],
    ["a URL", url, [url]],
    ["a redacted URL", Redacted.make(url), [url]],
    ["a URL with TLS", { url, tls: { verify: "none" } }, [url]],
    ["a chain of both forms", [url, { url: "socks5h://b.test" }], [url, "socks5h://b.test"]]
  ] as const) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const options = (yield* decode(ProxyOptions, value)) as ProxyOptions
        assert.deepStrictEqual(urls(options), [...expected])
        assert.notInclude(JSON.stringify(options), "s3cret")
        for (const { tls } of Options.list(options)) assert.isDefined(tls.verify)
      })
    )
  }

  it.effect("are read from a ConfigProvider, too", () =>
    Effect.gen(function* () {
      const provider = ConfigProvider.fromUnknown({
        one: "socks5h://ann:s3cret@proxy.test",
        chain: ["http://a.test:3128", { url: "https://b.test", headers: { "X-Team": "feeds" } }],
        environment: "environment",
        noProxy: ".corp.test, 10.0.0.0/8"
      })
      const read = <A, I>(schema: Schema.Codec<A, I>, name: string) =>
        Effect.provideService(Config.schema(schema, name), ConfigProvider.ConfigProvider, provider)
      assert.deepStrictEqual(urls(yield* read(ProxyOptions, "one")), ["socks5h://ann:s3cret@proxy.test"])
      assert.deepStrictEqual(urls(yield* read(ProxyOptions, "chain")), ["http://a.test:3128", "https://b.test"])
      assert.deepStrictEqual(urls(yield* read(ProxyOptions, "environment")), ["environment"])
      assert.strictEqual(yield* read(NoProxy, "noProxy"), ".corp.test, 10.0.0.0/8")
    })
  )
})

describe("not legal, and no secret in the words about it", () => {
  const header = (headers: object) => ({ url: "http://proxy.test", headers })
  for (const [name, value, problem] of [
    ["another word", "direct", "scheme://user:password@host:port"],
    ["another scheme", "ftp://ann:s3cret@proxy.test", "one of http"],
    ["a path", "http://ann:s3cret@proxy.test/s3cret", "no path"],
    ["a redacted URL with a path", Redacted.make("http://proxy.test/s3cret"), "no path"],
    ["none in a chain", ["http://a.test", "none"], "scheme://user:password@host:port"],
    ["the environment in a chain", ["environment", "http://a.test"], "scheme://user:password@host:port"],
    ["an empty chain", [], "Missing key"],
    ["a chain of nine", Array(9).fill("http://a.test"), "8"],
    ["a number", 3128, "Expected"],
    ["an unknown key", { url: "http://proxy.test", timeout: 1 }, "timeout"],
    ["a header of the protocol", header({ Host: "s3cret" }), "Host belongs to the protocol"],
    ["a body that is none", header({ "content-length": "5" }), "belongs to the protocol"],
    ["a line break", header({ "X-A": Redacted.make("s3cret\r\nX-B: c") }), "no control characters"],
    ["a name that is no token", header({ "X A": "s3cret" }), "token"],
    ["a header twice", header({ "X-A": "s3cret", "x-a": "b" }), "twice"]
  ] as const) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const { message } = yield* Effect.flip(decode(ProxyOptions, value))
        assert.include(message, problem)
        assert.notInclude(message, "s3cret")
      })
    )
  }
})

it.effect("the error for a wrong URL has two lines: what was expected, and how to write one", () =>
  Effect.gen(function* () {
    const { message } = yield* Effect.flip(decode(ProxyOptions, "proxy.test:3128"))
    assert.deepStrictEqual(message.split("\n"), [
      'Expected "none" | "environment"',
      "a proxy's URL is scheme://user:password@host:port, with what is special in it percent-encoded"
    ])
  })
)

describe("noProxy", () => {
  for (const value of [[], ["*"], [".a.test", "10.0.0.0/8", "[::1]:80"], "", "a.test, b.test:80", " * "]) {
    it.effect(JSON.stringify(value), () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* decode(NoProxy, value), value)
      })
    )
  }
  for (const value of [["http://a.test"], ["a.test", "10.0.0.0/33"], ["a.test,b.test"], [""], "a.test, b c/8", 1]) {
    it.effect(`not ${JSON.stringify(value)}`, () =>
      Effect.gen(function* () {
        assert.match((yield* Effect.flip(decode(NoProxy, value))).message, /entry|Expected/)
      })
    )
  }
})
