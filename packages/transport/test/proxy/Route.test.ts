/** Which way a dial takes: what is connected to, which hops follow, and that nothing is dialled when one cannot be. */
import { assert, describe, it } from "@effect/vitest"
import { ProxyOptions, Resolver, type Target, TlsOptions, Transport } from "@effect-websocket/transport"
import { ProxyListener } from "@effect-websocket/transport/testing"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { Hop } from "../../src/internal/Hop.ts"
import * as Route from "../../src/internal/proxy/Route.ts"
import type { Peer } from "../../src/internal/Tls.ts"
import { effectSocket } from "../pairs/tcp.ts"

const tls = TlsOptions.make({})
const decode = Schema.decodeUnknownSync(ProxyOptions)

/** The route, and whom TLS was prepared for, in order. */
const routeTo = Effect.fnUntraced(function* (target: Partial<Target>) {
  const prepared: Array<Peer> = []
  const route = yield* Route.prepare({ host: "ws.test", port: 443, report: () => {}, ...target }, (peer) =>
    Effect.sync((): Hop => {
      prepared.push(peer)
      return Effect.succeed
    })
  )
  return { ...route, prepared: prepared.map(({ host, tls }) => `${host}${tls === undefined ? "" : " with TLS"}`) }
})

describe("the way to a target", () => {
  const rows: ReadonlyArray<readonly [string, Partial<Target>, first: string, prepared: ReadonlyArray<string>]> = [
    ["directly", { tls }, "ws.test:443", ["ws.test with TLS"]],
    ["through none", { proxy: "none" }, "ws.test:443", ["ws.test"]],
    ["through one", { tls, proxy: decode("http://a.test:1") }, "a.test:1", ["a.test", "ws.test with TLS"]],
    ["through one over TLS", { proxy: decode("https://a.test:1") }, "a.test:1", ["a.test with TLS", "ws.test"]],
    [
      "through three",
      { tls, proxy: decode(["https://a.test:1", "socks5://b.test", "https://c.test"]) },
      "a.test:1",
      ["a.test with TLS", "b.test", "c.test with TLS", "ws.test with TLS"]
    ],
    ["directly, when it is exempt", { proxy: decode("http://a.test"), noProxy: [".test"] }, "ws.test:443", ["ws.test"]],
    [
      "directly, when it is exempt in a text",
      { proxy: decode("http://a.test"), noProxy: "b, ws.test:443" },
      "ws.test:443",
      ["ws.test"]
    ],
    ["directly, to a unix socket", { proxy: decode("http://a.test"), socketPath: "/run/a" }, "ws.test:443", ["ws.test"]]
  ]
  for (const [name, target, first, prepared] of rows) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const route = yield* routeTo(target)
        assert.strictEqual(`${route.first.host}:${route.first.port}`, first)
        assert.deepStrictEqual(route.prepared, [...prepared])
        assert.lengthOf(route.hops, prepared.length * 2 - 1)
      })
    )
  }

  it.effect("the proxy is connected to by the options for sockets and addresses", () =>
    Effect.gen(function* () {
      const socket = { noDelay: false, keepAlive: false } as const
      const route = yield* routeTo({ socket, proxy: decode("http://a.test") })
      assert.deepInclude(route.first, { host: "a.test", socket })
    })
  )

  it.effect("a URL that is none fails, without a word of it", () =>
    Effect.gen(function* () {
      const { message, reason } = yield* Effect.flip(routeTo({ proxy: Redacted.make("http://s3cret@a.test/path") }))
      assert.deepInclude(reason, { _tag: "ProxyFailed", problem: "bad proxy" })
      assert.notInclude(message, "s3cret")
    })
  )

  it.effect("an environment that cannot be read is no fault of a URL", () =>
    Effect.gen(function* () {
      const broken = ConfigProvider.make(() => Effect.fail(new ConfigProvider.SourceError({ message: "no vault" })))
      const route = Effect.provideService(
        routeTo({ proxy: decode("environment") }),
        ConfigProvider.ConfigProvider,
        broken
      )
      const { message, reason } = yield* Effect.flip(route)
      assert.deepInclude(reason, { problem: "unreadable environment", proxy: "of the environment" })
      assert.include(message, "no vault")
    })
  )

  const both = (url: string) => ({ proxy: decode({ url, headers: { "proxy-authorization": "Basic s3cret" } }) })
  for (const scheme of ["http", "https"]) {
    it.effect(`${scheme} with credentials in its URL and in a header fails, without a word of them`, () =>
      Effect.gen(function* () {
        const { message } = yield* Effect.flip(routeTo(both(`${scheme}://ann:s3cret@a.test`)))
        assert.match(message, /\(bad proxy\).* and so has Proxy-Authorization: give one of them$/)
        assert.notInclude(message, "s3cret")
      })
    )
  }

  it.effect("a header with credentials is fine alone, and for SOCKS, which has no headers", () =>
    Effect.gen(function* () {
      for (const url of ["http://a.test", "socks5h://ann:s3cret@a.test"]) {
        assert.strictEqual((yield* routeTo(both(url))).first.host, "a.test")
      }
    })
  )
})

it.live("tunnels run over sockets of the program's own, which connect to the proxy", () =>
  Effect.gen(function* () {
    const proxy = yield* ProxyListener.make({ kind: "socks5" })
    const server = yield* ProxyListener.make({ kind: "http", answer: new TextEncoder().encode("hello") })
    const stream = yield* Transport.use(({ open }) =>
      open({ host: "ws.test", port: server.port, proxy: decode(proxy.url), report: () => {} })
    )
    assert.deepStrictEqual(proxy.asked, [`ws.test:${server.port}`])
    stream.writeUnsafe([new TextEncoder().encode("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n")])
    assert.strictEqual(Buffer.concat(yield* stream.pull).toString(), "hello")
  }).pipe(Effect.provide([effectSocket, Resolver.layerHosts({})]))
)
