/** Which proxy the environment names for a target, as a table, and that it is read from the ConfigProvider. */
import { assert, describe, it, vi } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Environment from "../../src/internal/proxy/Environment.ts"

const choose = (env: Record<string, string>, host: string, secure = true) =>
  Environment.choose(new Map(Object.entries(env)), { host, port: secure ? 443 : 80, secure })

const all = {
  ws_proxy: "http://ws.lower",
  WS_PROXY: "http://ws.upper",
  wss_proxy: "http://wss.lower",
  WSS_PROXY: "http://wss.upper",
  http_proxy: "http://http.lower",
  HTTP_PROXY: "http://http.upper",
  https_proxy: "http://https.lower",
  HTTPS_PROXY: "http://https.upper",
  all_proxy: "http://all.lower",
  ALL_PROXY: "http://all.upper"
}

describe("precedence: the scheme's own, its HTTP counterpart, then all_proxy; lower case first", () => {
  const orders = {
    ws: ["ws_proxy", "WS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"],
    wss: ["wss_proxy", "WSS_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
  }
  for (const [scheme, order] of Object.entries(orders)) {
    for (const [i, variable] of order.entries()) {
      it(`${scheme}: ${variable}${i === 0 ? "" : `, when there is no ${order.slice(0, i).join(", ")}`}`, () => {
        const left = Object.fromEntries(Object.entries(all).filter(([name]) => !order.slice(0, i).includes(name)))
        assert.deepStrictEqual(choose(left, "example.com", scheme === "wss"), {
          variable,
          url: all[variable as keyof typeof all]
        })
      })
    }
    it(`${scheme}: none of the other's`, () => {
      const others = Object.fromEntries(Object.entries(all).filter(([name]) => !order.includes(name)))
      assert.isUndefined(choose(others, "example.com", scheme === "wss"))
    })
  }

  it("an empty variable counts as absent", () => {
    assert.deepStrictEqual(choose({ https_proxy: " ", HTTPS_PROXY: "b.test" }, "example.com")?.url, "http://b.test")
    assert.isUndefined(choose({ https_proxy: "" }, "example.com"))
  })

  it("a URL without a scheme is an HTTP proxy's", () => {
    assert.strictEqual(choose({ https_proxy: "ann:s3cret@a.test:1" }, "example.com")?.url, "http://ann:s3cret@a.test:1")
    assert.strictEqual(choose({ https_proxy: "socks5h://a.test" }, "example.com")?.url, "socks5h://a.test")
  })

  it("blanks around a URL mean nothing", () => {
    assert.strictEqual(choose({ https_proxy: " http://a.test:1 \n" }, "example.com")?.url, "http://a.test:1")
  })

  it("HTTP_PROXY is the request's in a CGI program (CVE-2016-5385)", () => {
    const cgi = { REQUEST_METHOD: "GET", HTTP_PROXY: "evil.test" }
    assert.isUndefined(choose(cgi, "example.com", false))
    assert.strictEqual(choose({ ...cgi, http_proxy: "own.test" }, "example.com", false)?.url, "http://own.test")
    assert.strictEqual(choose({ ...cgi, HTTPS_PROXY: "own.test" }, "example.com", true)?.url, "http://own.test")
    assert.isUndefined(choose({ ...cgi, REQUEST_METHOD: "" }, "example.com", false))
  })

  it("and so may be an http_proxy that says the same: a provider may answer for it with HTTP_PROXY", () => {
    const both = { HTTP_PROXY: "evil.test", http_proxy: "evil.test", all_proxy: "own.test" }
    assert.strictEqual(choose({ ...both, REQUEST_METHOD: "GET" }, "example.com", false)?.variable, "all_proxy")
    assert.strictEqual(choose(both, "example.com", false)?.variable, "http_proxy")
  })
})

describe("never for loopback, nor for what no_proxy covers", () => {
  for (const host of ["localhost", "a.localhost", "127.0.0.1", "::1"]) {
    it(host, () => {
      assert.isUndefined(choose(all, host))
      assert.isUndefined(choose(all, host, false))
    })
  }

  const rows = [
    ["*", "example.com", false],
    [".example.com", "a.example.com", false],
    [".example.com", "notexample.com", true],
    ["a.test, example.com", "example.com", false],
    ["example.com:443", "example.com", false],
    ["example.com:80", "example.com", true],
    ["10.0.0.0/8,192.0.2.0/24", "192.0.2.7", false],
    ["2001:db8::/32", "2001:db8::1", false],
    ["", "example.com", true],
    ["not an entry!, 10.0.0.0/99", "example.com", true]
  ] as const
  for (const [noProxy, host, goesThrough] of rows) {
    it(`no_proxy=${noProxy}: ${host}`, () => {
      assert.strictEqual(choose({ ...all, no_proxy: noProxy }, host) !== undefined, goesThrough)
      assert.strictEqual(choose({ ...all, NO_PROXY: noProxy }, host) !== undefined, goesThrough)
    })
  }

  it("no_proxy counts before NO_PROXY", () => {
    assert.isDefined(choose({ ...all, no_proxy: "a.test", NO_PROXY: "*" }, "example.com"))
  })
})

describe("the variables come from the ConfigProvider", () => {
  it.effect("by default the process's, as they are at each reading", () =>
    Effect.gen(function* () {
      yield* Effect.addFinalizer(() => Effect.sync(() => vi.unstubAllEnvs()))
      for (const proxy of ["http://a.test:1", "http://b.test:2"]) {
        vi.stubEnv("http_proxy", proxy)
        assert.strictEqual((yield* Environment.read).get("http_proxy"), proxy)
      }
    })
  )

  it.effect("whatever it is", () =>
    Effect.gen(function* () {
      const provider = ConfigProvider.fromUnknown({ https_proxy: "http://a.test:3128", NO_PROXY: "b.test", other: "c" })
      const variables = yield* Effect.provideService(Environment.read, ConfigProvider.ConfigProvider, provider)
      assert.deepStrictEqual(Object.fromEntries(variables), { https_proxy: "http://a.test:3128", NO_PROXY: "b.test" })
    })
  )

  it.effect("of an environment, where other variables begin with the same words", () =>
    Effect.gen(function* () {
      const env = { http_proxy: "http://a.test:3128", http_proxy_port: "1", HTTP_PROXY_HOST: "b.test", EMPTY: "" }
      const provider = ConfigProvider.fromEnvRecord(env)
      const variables = yield* Effect.provideService(Environment.read, ConfigProvider.ConfigProvider, provider)
      assert.deepStrictEqual(Object.fromEntries(variables), { http_proxy: "http://a.test:3128" })
    })
  )

  const cgi = { HTTP_PROXY: "evil.test", REQUEST_METHOD: "GET" }
  const plain = ConfigProvider.fromEnvRecord
  const providers: Record<string, ConfigProvider.ConfigProvider> = {
    "a plain one": plain(cgi),
    "one where REQUEST_METHOD is empty": plain({ ...cgi, REQUEST_METHOD: "" }),
    "one where another variable begins as REQUEST_METHOD does": plain({ ...cgi, REQUEST_METHOD_X: "1" }),
    "one that asks in upper case": ConfigProvider.constantCase(plain(cgi)),
    "the same, where REQUEST_METHOD is empty": ConfigProvider.constantCase(plain({ ...cgi, REQUEST_METHOD: "" })),
    "one that asks in upper case what another has not": ConfigProvider.orElse(
      ConfigProvider.fromUnknown({}),
      ConfigProvider.constantCase(plain(cgi))
    ),
    "one with a prefix": ConfigProvider.nested(plain({ APP_HTTP_PROXY: "evil.test", APP_REQUEST_METHOD: "" }), "APP")
  }
  for (const [name, provider] of Object.entries(providers)) {
    it.effect(`a request does not choose the proxy through ${name}`, () =>
      Effect.gen(function* () {
        const variables = yield* Effect.provideService(Environment.read, ConfigProvider.ConfigProvider, provider)
        assert.strictEqual(variables.get("HTTP_PROXY"), "evil.test")
        assert.isUndefined(Environment.choose(variables, { host: "example.com", port: 80, secure: false }))
      })
    )
  }

  it.effect("one that cannot be read fails", () =>
    Effect.gen(function* () {
      const broken = ConfigProvider.make(() => Effect.fail(new ConfigProvider.SourceError({ message: "no vault" })))
      const error = yield* Effect.flip(Effect.provideService(Environment.read, ConfigProvider.ConfigProvider, broken))
      assert.include(error.message, "no vault")
    })
  )
})
