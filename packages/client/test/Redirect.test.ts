/** Redirects over the network in memory: which are followed, what goes along, and what a refused one says. */
import { assert, describe, it } from "@effect/vitest"
import { type ConnectOptions, CookieJar } from "@effect-websocket/client"
import { ServerPeer } from "@effect-websocket/client/testing"
import { HttpHead, type OpeningHandshakeServer } from "@effect-websocket/core"
import { TlsOptions } from "@effect-websocket/transport"
import type { Peer } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import { dialling, failureOf } from "./dialling.ts"

const moved = (location: string, status = 302, more = "") =>
  `HTTP/1.1 ${status} Moved\r\nLocation: ${location}\r\n${more}Content-Length: 0\r\n\r\n`

const headersOf = ({ headers }: OpeningHandshakeServer.Requested) =>
  Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]))

interface Arrived {
  readonly request: OpeningHandshakeServer.Requested
  readonly target: Peer["target"]
}

/** Dials `from`, answers each request but the last with the next of the redirects, and accepts the last. */
const follow = Effect.fnUntraced(function* (
  from: string,
  answers: ReadonlyArray<string>,
  options: ConnectOptions = { redirects: { limit: 5 } }
) {
  const { connecting, network } = yield* dialling(options, from)
  const arrived: Array<Arrived> = []
  for (const answer of answers) {
    const wire = yield* network.accept
    const bytes = HttpHead.encode(answer)
    arrived.push({ request: yield* ServerPeer.answer(wire, bytes), target: wire.target })
    yield* wire.destroyed
  }
  const wire = yield* network.accept
  const { request } = yield* ServerPeer.accept(wire)
  arrived.push({ request, target: wire.target })
  return { socket: yield* Fiber.join(connecting), arrived, last: { request, target: wire.target } }
})

/** Dials `from`, answers each request, and gives the refusal that the dial fails with. */
const refusedAfter = Effect.fnUntraced(function* (
  from: string,
  answers: ReadonlyArray<string>,
  options: ConnectOptions = { redirects: { limit: 5 } }
) {
  const { connecting, network } = yield* dialling(options, from)
  for (const answer of answers) yield* ServerPeer.answer(yield* network.accept, answer)
  const error = yield* failureOf(connecting)
  if (error.reason._tag !== "HandshakeRejected") return assert.fail(error.message)
  return { error, refusal: error.reason }
})

describe("off by default", () => {
  it.effect("S3: a redirect is a refusal that says where to look, and nothing is sent there", () =>
    Effect.gen(function* () {
      const { refusal } = yield* refusedAfter("ws://a.test/", [moved("ws://b.test/")], {})
      assert.strictEqual(refusal.status, 302)
      assert.isUndefined(refusal.notFollowed)
      assert.match(refusal.message, /Location.*option redirects/)
    })
  )
})

describe("what is followed", () => {
  for (const status of [301, 302, 303, 307, 308]) {
    it.effect(`HTTP ${status}`, () =>
      Effect.gen(function* () {
        const { last, socket } = yield* follow("ws://a.test/one?token=secret", [
          moved("ws://b.test:81/two?x=1", status)
        ])
        assert.deepInclude(last.target, { host: "b.test", port: 81 })
        assert.strictEqual(last.request.resourceName, "/two?x=1")
        assert.strictEqual(headersOf(last.request).host, "b.test:81")
        assert.strictEqual(socket.url, "ws://b.test:81/two")
        assert.deepStrictEqual(socket.redirects, [{ status, to: "ws://b.test:81/two" }])
      })
    )
  }

  const rows: ReadonlyArray<readonly [location: string, to: string]> = [
    ["ws://b.test/", "ws://b.test:80/"],
    ["http://b.test/", "ws://b.test:80/"],
    ["https://b.test/", "wss://b.test:443/"],
    ["https://b.test:8443/", "wss://b.test:8443/"],
    ["HTTPS://B.test", "wss://b.test:443/"],
    ["/other", "ws://a.test:8080/other"],
    ["other?x", "ws://a.test:8080/chat/other?x"],
    ["?x", "ws://a.test:8080/chat/room?x"],
    ["//b.test/", "ws://b.test:80/"],
    ["../up", "ws://a.test:8080/up"],
    ["/with#fragment", "ws://a.test:8080/with"],
    ["/a b", "ws://a.test:8080/a%20b"],
    ["\\\\b.test\\x", "ws://b.test:80/x"],
    ["/caf\xc3\xa9?\xe2\x82\xac", "ws://a.test:8080/caf%C3%A9?%E2%82%AC"],
    ["/caf\xe9", "ws://a.test:8080/caf%E9"],
    ["//b\xc3\xbccher.test/", "ws://xn--bcher-kva.test:80/"]
  ]
  for (const [location, to] of rows) {
    it.effect(`${location} leads to ${to}`, () =>
      Effect.gen(function* () {
        const { last } = yield* follow("ws://a.test:8080/chat/room?token=secret", [moved(location)])
        const { host, port, tls } = last.target
        assert.strictEqual(`${tls ? "wss" : "ws"}://${host}:${port}${last.request.resourceName}`, to)
      })
    )
  }

  it.effect("each in a handshake of its own, over a connection of its own", () =>
    Effect.gen(function* () {
      const { arrived, socket } = yield* follow("ws://a.test/", [moved("/1"), moved("/2"), moved("/3")])
      assert.deepStrictEqual(
        arrived.map(({ request }) => request.resourceName),
        ["/", "/1", "/2", "/3"]
      )
      assert.deepStrictEqual(
        socket.redirects.map(({ to }) => to),
        ["ws://a.test/1", "ws://a.test/2", "ws://a.test/3"]
      )
    })
  )

  it.effect("without waiting for a body that nobody reads", () =>
    Effect.gen(function* () {
      const { last } = yield* follow("ws://a.test/", ["HTTP/1.1 302 Found\r\nLocation: /b\r\n\r\n<html>"])
      assert.strictEqual(last.request.resourceName, "/b")
    })
  )
})

describe("what is not followed is a refusal that says why", () => {
  const rows: ReadonlyArray<
    readonly [what: string, from: string, answer: string, why: RegExp, options?: ConnectOptions]
  > = [
    ["S3: from wss to ws", "wss://a.test/", moved("ws://a.test/"), /wss to ws/],
    ["S3: from https to http", "wss://a.test/", moved("http://b.test/"), /wss to ws/],
    ["S3: to a unix socket", "ws://a.test/", moved("ws+unix:/run/docker.sock"), /scheme ws\+unix:/],
    [
      "an origin that is not trusted, when only those are",
      "ws://a.test/",
      moved("ws://127.0.0.1:9200/"),
      /ws:\/\/127\.0\.0\.1:9200, which is not among/,
      {
        redirects: { limit: 5, onlyTrusted: true, trustedOrigins: ["ws://b.test"] }
      }
    ],
    ["S3: from a unix socket", "ws+unix:/run/a.sock:/x", moved("/y"), /came over a unix socket/],
    ["a file", "ws://a.test/", moved("file:///etc/passwd"), /scheme file:/],
    ["a script", "ws://a.test/", moved("javascript:alert(1)"), /scheme javascript:/],
    ["credentials of the server's choosing", "ws://a.test/", moved("ws://user:secret@b.test/"), /credentials/],
    ["no Location", "ws://a.test/", "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", /no Location/],
    ["two of them", "ws://a.test/", moved("/a", 302, "Location: /b\r\n"), /several Location/],
    ["an empty port", "ws://a.test/", moved("ws://b.test:99999/"), /does not parse/],
    ["a port that is none", "ws://a.test/", moved("ws://b.test:0/"), /cannot be dialled: port/],
    ["back to itself", "ws://a.test/x", moved("/x"), /circle, back to ws:\/\/a\.test\/x/]
  ]
  for (const [what, from, answer, why, options] of rows) {
    it.effect(what, () =>
      Effect.gen(function* () {
        const { error, refusal } = yield* refusedAfter(from, [answer], options)
        assert.match(refusal.notFollowed ?? "", why)
        assert.match(error.message, /not followed/)
        assert.notInclude(error.message, "secret")
      })
    )
  }

  it.effect("S4: more than the limit; the connection is not opened on the answer of the last", () =>
    Effect.gen(function* () {
      const { error, refusal } = yield* refusedAfter(
        "ws://a.test/?token=secret",
        [moved("/1"), moved("/2"), moved("/3?secret")],
        {
          redirects: { limit: 2 }
        }
      )
      assert.match(refusal.notFollowed ?? "", /no more than 2.*redirects\.limit/)
      assert.deepStrictEqual(
        error.steps.filter(({ stage }) => stage === "upgrade").map(({ detail, outcome }) => [detail, outcome]),
        [
          ["ws://a.test/", "HTTP 302, to ws://a.test/1"],
          ["ws://a.test/1", "HTTP 302, to ws://a.test/2"],
          ["ws://a.test/2", undefined]
        ]
      )
      assert.notInclude(error.message, "secret")
    })
  )

  it.effect("a circle of two", () =>
    Effect.gen(function* () {
      const { refusal } = yield* refusedAfter("ws://a.test/", [moved("ws://b.test/"), moved("ws://a.test/")])
      assert.match(refusal.notFollowed ?? "", /circle/)
    })
  )

  it.effect("not a circle: the same again with a cookie that came with the answer", () =>
    Effect.gen(function* () {
      const cookies = yield* CookieJar.make
      const { last } = yield* follow("ws://a.test/", [moved("/", 302, "Set-Cookie: seen=1\r\n")], {
        cookies,
        redirects: { limit: 5 }
      })
      assert.strictEqual(headersOf(last.request).cookie, "seen=1")
    })
  )

  for (const status of [300, 304, 305, 306]) {
    it.effect(`HTTP ${status}, which leads nowhere that a client could follow`, () =>
      Effect.gen(function* () {
        const { refusal } = yield* refusedAfter("ws://a.test/", [moved("/b", status)])
        assert.strictEqual(refusal.status, status)
        assert.isUndefined(refusal.notFollowed)
      })
    )
  }
})

describe("what goes along", () => {
  const options: ConnectOptions = {
    headers: {
      Authorization: Redacted.make("Bearer secret"),
      Cookie: "id=secret",
      "X-Api-Key": "secret",
      "X-Client": "1"
    },
    origin: "https://app.test",
    host: "name.test",
    userAgent: "test/1",
    subprotocols: ["chat"],
    redirects: { limit: 5 },
    tls: {
      ca: "authority",
      cert: "certificate",
      key: "secret",
      pfx: Uint8Array.of(1),
      passphrase: "secret",
      serverName: "name.test",
      identity: "name.test",
      pins: "00".repeat(32),
      verify: "none"
    }
  }
  const credentials = {
    authorization: "Bearer secret",
    cookie: "id=secret",
    "x-api-key": "secret",
    "x-client": "1",
    origin: "https://app.test"
  }

  it.effect("within one origin all of it", () =>
    Effect.gen(function* () {
      const { last } = yield* follow("wss://a.test/", [moved("/b")], options)
      assert.deepInclude(headersOf(last.request), { ...credentials, host: "name.test" })
      assert.deepInclude(last.target.tls, { cert: "certificate", serverName: "name.test", verify: "none" })
    })
  )

  const foreign: ReadonlyArray<readonly [what: string, from: string, to: string]> = [
    ["another host", "wss://a.test/", "wss://b.test/"],
    ["a host below it", "wss://a.test/", "wss://x.a.test/"],
    ["another port", "wss://a.test/", "wss://a.test:444/"],
    ["another scheme", "ws://a.test:443/", "wss://a.test/"]
  ]
  for (const [what, from, to] of foreign) {
    it.effect(`S3: ${what} gets no header, no origin, no client certificate, and is verified by its own name`, () =>
      Effect.gen(function* () {
        const { last } = yield* follow(from, [moved(to)], options)
        const headers = headersOf(last.request)
        assert.notIncludeMembers(Object.keys(headers), Object.keys(credentials))
        assert.notInclude(JSON.stringify(headers), "secret")
        assert.strictEqual(headers.host, new URL(to).host)
        assert.strictEqual(headers["user-agent"], "test/1")
        assert.strictEqual(headers["sec-websocket-protocol"], "chat")
        assert.deepStrictEqual(last.target.tls, TlsOptions.make({ ca: "authority", pins: "00".repeat(32) }))
      })
    )
  }

  it.effect("S3: what was dropped stays so, also on the way back", () =>
    Effect.gen(function* () {
      const { last } = yield* follow("wss://a.test/", [moved("wss://b.test/"), moved("wss://a.test/chosen")], options)
      assert.strictEqual(last.target.host, "a.test")
      assert.notIncludeMembers(Object.keys(headersOf(last.request)), Object.keys(credentials))
    })
  )

  it.effect("proxy, addresses and limits hold for every hop", () =>
    Effect.gen(function* () {
      const everywhere: ConnectOptions = {
        proxy: "http://proxy.test:3128",
        noProxy: "x.test",
        addresses: { family: 4 }
      }
      const { arrived } = yield* follow("ws://a.test/", [moved("wss://b.test/")], { ...options, ...everywhere })
      const [first, second] = arrived.map(({ target: { addresses, noProxy, proxy } }) => ({
        addresses,
        noProxy,
        proxy
      }))
      assert.isDefined(second?.proxy)
      assert.deepStrictEqual(second, first)
    })
  )

  it.effect("a trusted origin gets the credentials; the names of the first host are left behind", () =>
    Effect.gen(function* () {
      const redirects = { limit: 5, trustedOrigins: ["https://b.test"] }
      const { last } = yield* follow("wss://a.test/", [moved("wss://b.test/")], { ...options, redirects })
      assert.deepInclude(headersOf(last.request), { ...credentials, host: "b.test" })
      assert.deepInclude(last.target.tls, { cert: "certificate", verify: "none" })
      assert.doesNotHaveAnyKeys(last.target.tls ?? {}, ["serverName", "identity"])
    })
  )

  it.effect("a header that is no secret goes everywhere when it is named", () =>
    Effect.gen(function* () {
      const redirects = { limit: 5, keepHeaders: ["x-client"] }
      const { last } = yield* follow("wss://a.test/", [moved("wss://b.test/")], { ...options, redirects })
      assert.deepInclude(headersOf(last.request), { "x-client": "1" })
      assert.notInclude(JSON.stringify(headersOf(last.request)), "secret")
    })
  )

  it.effect("S3, S33: credentials of the URL stay with its origin, trusted or not", () =>
    Effect.gen(function* () {
      const redirects = { limit: 5, trustedOrigins: ["ws://b.test"], keepHeaders: ["authorization"] }
      const from = "ws://user:pass@a.test/"
      const here = yield* follow(from, [moved("/b")], { redirects })
      assert.strictEqual(headersOf(here.last.request).authorization, `Basic ${btoa("user:pass")}`)
      const there = yield* follow(from, [moved("ws://b.test/")], { redirects })
      assert.isUndefined(headersOf(there.last.request).authorization)
    })
  )
})

describe("one deadline", () => {
  it.effect("covers all of them, and the stages that were done are told", () =>
    Effect.gen(function* () {
      const { connecting, network } = yield* dialling({ redirects: { limit: 50 } }, "ws://a.test/")
      for (let i = 1; i <= 3; i++) {
        const wire = yield* network.accept
        yield* TestClock.adjust("3 seconds")
        yield* ServerPeer.answer(wire, moved(`/${i}`))
      }
      const wire = yield* network.accept
      yield* TestClock.adjust("1 second")
      const error = yield* failureOf(connecting)
      assert.deepInclude(error.reason, { _tag: "TimedOut", stage: "upgrade" })
      assert.strictEqual(error.steps.length, 8)
      yield* wire.destroyed
    })
  )
})

describe("options", () => {
  const rows: ReadonlyArray<readonly [redirects: unknown, problem: RegExp]> = [
    [true, /redirects/],
    [{}, /limit/],
    [{ limit: 0 }, /limit/],
    [{ limit: 1, trustedOrigins: ["b.test"] }, /origin, as in wss:/],
    [{ limit: 1, trustedOrigins: ["wss://b.test/path"] }, /origin, as in wss:/]
  ]
  for (const [redirects, problem] of rows) {
    it.effect(JSON.stringify(redirects), () =>
      Effect.gen(function* () {
        const { connecting } = yield* dialling({ redirects } as ConnectOptions)
        const error = yield* failureOf(connecting)
        assert.strictEqual(error.reason._tag, "InvalidOptions")
        assert.match(error.message, problem)
      })
    )
  }
})
