/** Dialling over the in-memory network: what is sent, what is accepted, and one error with steps for all the rest. */
import { assert, describe, it } from "@effect/vitest"
import { type ConnectOptions, WebSocket } from "@effect-websocket/client"
import { ServerPeer } from "@effect-websocket/client/testing"
import { OpeningHandshakeServer, Platform } from "@effect-websocket/core"
import { HostNotFound, Refused, Reset, Transport } from "@effect-websocket/transport"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { answered, dialling, failureOf, url } from "./dialling.ts"
import { bytes, text } from "./harness.ts"

const headersOf = ({ headers }: OpeningHandshakeServer.Requested) =>
  headers.map(([name, value]) => [name.toLowerCase(), value] as const)

/** Not what these tests are about. */
const random = new Set(["sec-websocket-key", "sec-websocket-extensions"])

describe("the request", () => {
  it.effect("names host and resource, and offers what was asked for", () =>
    Effect.gen(function* () {
      const { network } = yield* dialling({
        subprotocols: ["a", "b"],
        origin: "https://example.com",
        userAgent: "test/1",
        headers: { Authorization: Redacted.make("Bearer secret"), "X-Plain": "plain" }
      })
      const wire = yield* network.accept
      assert.deepInclude(wire.target, { host: "user.test", port: 8080 })
      assert.isUndefined(wire.target.tls)
      const { request } = yield* ServerPeer.accept(wire, { subprotocol: "b" })
      assert.strictEqual(request.resourceName, "/chat?token=secret")
      assert.deepStrictEqual(Object.fromEntries(headersOf(request).filter(([name]) => !random.has(name))), {
        host: "user.test:8080",
        upgrade: "websocket",
        connection: "Upgrade",
        "sec-websocket-version": "13",
        "sec-websocket-protocol": "a, b",
        origin: "https://example.com",
        "user-agent": "test/1",
        authorization: "Bearer secret",
        "x-plain": "plain"
      })
    })
  )

  it.effect("sends no Origin and no User-Agent unless given, and another Host when given", () =>
    Effect.gen(function* () {
      const { network } = yield* dialling({ host: "other.test" })
      const { request } = yield* ServerPeer.accept(yield* network.accept)
      const names = headersOf(request).map(([name]) => name)
      assert.notInclude(names, "origin")
      assert.notInclude(names, "user-agent")
      assert.deepInclude(headersOf(request), ["host", "other.test"])
    })
  )

  it.effect("S33: credentials of the URL as Basic authentication, and never shown", () =>
    Effect.gen(function* () {
      const { connecting, network } = yield* dialling({}, "ws://us%C3%A9r:sec:ret@user.test/")
      const { request } = yield* ServerPeer.accept(yield* network.accept)
      const authorization = `Basic ${Buffer.from("usér:sec:ret").toString("base64")}`
      assert.deepInclude(headersOf(request), ["authorization", authorization])
      assert.strictEqual((yield* Fiber.join(connecting)).url, "ws://user.test/")
    })
  )

  it.effect("wss dials with TLS, verified by default", () =>
    Effect.gen(function* () {
      const { connecting, network } = yield* dialling({}, "wss://user.test/")
      const wire = yield* network.accept
      assert.deepInclude(wire.target, { host: "user.test", port: 443 })
      assert.deepInclude(wire.target.tls, { verify: "full" })
      yield* ServerPeer.accept(wire)
      assert.strictEqual((yield* Fiber.join(connecting)).info.tls?.version, "TLSv1.3")
    })
  )
})

describe("what a connection tells", () => {
  it.effect("the chosen subprotocol, the response, and the URL without its query", () =>
    Effect.gen(function* () {
      const { connecting, network } = yield* dialling({ subprotocols: ["a", "b"] })
      yield* ServerPeer.accept(yield* network.accept, { subprotocol: "b", headers: [["X-Server", "test"]] })
      const socket = yield* Fiber.join(connecting)
      assert.strictEqual(socket.subprotocol, "b")
      assert.strictEqual(socket.url, "ws://user.test:8080/chat")
      assert.strictEqual(socket.response.status, 101)
      assert.deepInclude(socket.response.headers, ["x-server", "test"])
    })
  )

  it.effect("frames right behind the answer are the first messages, however the bytes are cut", () =>
    Effect.gen(function* () {
      const probe = yield* dialling()
      const { leftover: _, ...request } = yield* ServerPeer.answer(yield* probe.network.accept, "")
      const head = OpeningHandshakeServer.accept({ ...request, leftover: bytes("") }, { sha1: Platform.pure.sha1 })
      if (!(head instanceof Uint8Array)) return assert.fail(JSON.stringify(head))
      const stream = Uint8Array.from([...head, ...text("one"), ...text("two")])
      for (let cut = 1; cut < stream.length; cut++) {
        const { connecting, network, scope } = yield* dialling()
        const wire = yield* network.accept
        wire.send(stream, [cut])
        const socket = yield* Fiber.join(connecting)
        assert.strictEqual(yield* socket.receive, "one", `cut at ${cut}`)
        assert.strictEqual(yield* socket.receive, "two", `cut at ${cut}`)
        wire.reset()
        yield* Scope.close(scope, Exit.void)
      }
    })
  )
})

describe("headers as an Effect", () => {
  it.effect("run once for each dial, before the deadline begins", () =>
    Effect.gen(function* () {
      let tokens = 0
      const headers = Effect.delay(
        Effect.sync(() => ({ authorization: Redacted.make(`Bearer ${++tokens}`) })),
        "1 minute"
      )
      for (const authorization of ["Bearer 1", "Bearer 2"]) {
        const { connecting, network } = yield* dialling({ headers })
        yield* TestClock.adjust("1 minute")
        const wire = yield* network.accept
        const { request } = yield* ServerPeer.accept(wire)
        assert.deepInclude(headersOf(request), ["authorization", authorization])
        yield* Fiber.join(connecting)
      }
    })
  )

  it.effect("their failure is OptionFailed, what they succeed with is checked as any other", () =>
    Effect.gen(function* () {
      const failing = yield* Effect.flip(
        Effect.scoped(
          WebSocket.connect(url, { headers: Effect.fail(new Error("no token")) }).pipe(Effect.provide(undiallable))
        )
      )
      assert.deepInclude(failing.reason, { _tag: "OptionFailed", option: "headers" })
      assert.include(failing.message, "no token")
      const malformed = Effect.succeed({ "X-A": "secret\r\nX-Injected: b" })
      const invalid = yield* Effect.flip(
        Effect.scoped(Effect.provide(WebSocket.connect(url, { headers: malformed }), undiallable))
      )
      assert.strictEqual(invalid.reason._tag, "InvalidOptions")
      assert.notInclude(invalid.message, "secret")
    })
  )
})

const undiallable = Layer.succeed(Transport, { open: () => Effect.die("it was dialled") })

describe("nothing is dialled with", () => {
  const nothing = (to: string | URL, options: unknown) =>
    WebSocket.connect(to, options as ConnectOptions).pipe(Effect.scoped, Effect.provide(undiallable), Effect.flip)

  it.effect("S33: credentials in the URL and an Authorization header: one of them would be dropped", () =>
    Effect.gen(function* () {
      const error = yield* nothing("ws://user:secret@example.com/", { headers: { authorization: "Bearer secret" } })
      assert.deepInclude(error.reason, { _tag: "InvalidOptions" })
      assert.match(error.message, /give one of them/)
      assert.notInclude(error.message, "secret")
    })
  )

  it.effect("a URL that is none", () =>
    Effect.gen(function* () {
      const error = yield* nothing("http://user:secret@example.com/?secret", {})
      assert.strictEqual(error.reason._tag, "InvalidUrl")
      assert.deepStrictEqual(error.steps, [])
      assert.notInclude(error.message, "secret")
    })
  )

  const rows: ReadonlyArray<readonly [options: unknown, problem: RegExp]> = [
    [{ origni: "x" }, /used: origni: /],
    [{ limits: { maxHeaders: 0 } }, /limits\.maxHeaders: /],
    [{ subprotocols: ["a b"] }, /subprotocols: /],
    [{ subprotocols: ["a", "a"] }, /subprotocols: .*once/],
    [{ host: "a\r\nb" }, /host/],
    [{ origin: "a\r\nX-Injected: b" }, /origin/],
    [{ userAgent: "a\nb" }, /userAgent/],
    [{ headers: { "X-A": "secret\r\nX-Injected: b" } }, /headers: X-A: /],
    [{ headers: { "X A": "secret" } }, /headers: /],
    [{ headers: { "Sec-WebSocket-Key": "secret" } }, /belongs to the protocol/],
    [{ headers: { Host: "secret" } }, /use the option host/],
    [{ headers: { "proxy-authorization": "secret" } }, /use the option proxy/],
    [{ headers: { "X-A": "secr\u0000et" } }, /control characters/],
    [{ headers: { "X-A": "\u20ac" } }, /latin-1/],
    [{ headers: { cookie: "a=1\r\nX-Injected: b" } }, /headers: cookie: /],
    [{ headers: { "X-A": "secret", "x-a": "secret" } }, /twice/],
    // What only JavaScript does.
    [null, /: Expected object$/],
    [[], /: Expected object$/],
    [{ cookies: { jar: "secret" } }, /: cookies: Expected CookieJar$/]
  ]
  for (const [options, problem] of rows) {
    it.effect(JSON.stringify(options), () =>
      Effect.gen(function* () {
        const error = yield* nothing(url, options)
        assert.strictEqual(error.reason._tag, "InvalidOptions")
        assert.match(error.reason.message, problem)
        assert.notInclude(error.message, "secret")
        assert.strictEqual(error.url, "ws://user.test:8080/chat")
      })
    )
  }
})

describe("the transport fails", () => {
  for (const reason of [new HostNotFound({ host: "user.test", code: "ENOTFOUND" }), new Refused({ address: "a:1" })]) {
    it.effect(`with its own reason: ${reason._tag}`, () =>
      Effect.gen(function* () {
        const { connecting, network } = yield* dialling()
        yield* network.refuse(reason)
        const error = yield* failureOf(connecting)
        assert.strictEqual(error.reason, reason)
        assert.deepStrictEqual(error.steps, [
          { stage: "socket", detail: "user.test:8080", startedAt: 0, duration: 0, failure: reason.message }
        ])
      })
    )
  }

  it.effect("a reset during the upgrade", () =>
    Effect.gen(function* () {
      const { connecting, network } = yield* dialling()
      const wire = yield* network.accept
      yield* ServerPeer.request(wire)
      yield* TestClock.adjust("3 seconds")
      wire.reset()
      const error = yield* failureOf(connecting)
      assert.deepStrictEqual(error.reason, new Reset({ code: "ECONNRESET" }))
      assert.deepStrictEqual(error.steps[1], {
        stage: "upgrade",
        detail: "ws://user.test:8080/chat",
        startedAt: 0,
        duration: 3000,
        failure: error.reason.message
      })
      yield* wire.destroyed
    })
  )

  it.effect("an end of stream before the answer, and in the middle of it", () =>
    Effect.gen(function* () {
      for (const answer of ["", "HTTP/1.1 101 Switching Proto"]) {
        const { error, wire } = yield* answered(answer)
        wire.end()
        assert.deepInclude((yield* error).reason, { _tag: "HandshakeInvalid", check: "HeadIncomplete" })
        yield* wire.destroyed
      }
    })
  )
})

describe("the server says no", () => {
  it.effect("status, headers and body; the connection is destroyed", () =>
    Effect.gen(function* () {
      const { error, wire } = yield* answered(
        "HTTP/1.1 403 Forbidden\r\nX-Why: rules\r\ncontent-length: 5\r\n\r\nsorry"
      )
      assert.deepInclude((yield* error).reason, {
        _tag: "HandshakeRejected",
        status: 403,
        statusText: "Forbidden",
        headers: [
          ["x-why", "rules"],
          ["content-length", "5"]
        ],
        body: "sorry",
        bodyTruncated: false
      })
      yield* wire.destroyed
    })
  )

  it.effect("credentials in its headers are redacted, in every place they may stand", () =>
    Effect.gen(function* () {
      const { error } = yield* answered(
        [
          "HTTP/1.1 302 Found",
          "Set-Cookie: id=secret",
          "WWW-Authenticate: Bearer secret",
          "Proxy-Authenticate: secret",
          "Authentication-Info: secret",
          "Location: https://user:secret@example.com/login?next=secret#access_token=secret",
          "Content-Location: /a?secret",
          "Refresh: 0;url=https://example.com/?secret",
          "content-length: 0",
          "",
          ""
        ].join("\r\n")
      )
      const { message, reason } = yield* error
      if (reason._tag !== "HandshakeRejected") return assert.fail(reason._tag)
      assert.notInclude(JSON.stringify(reason.headers), "secret")
      assert.deepInclude(reason.headers, ["location", "https://example.com/login?<redacted>"])
      assert.notInclude(message, "secret")
    })
  )

  it.effect("a longer body than limits.maxBodyBytes is cut", () =>
    Effect.gen(function* () {
      const answer = "HTTP/1.1 500 Oops\r\ncontent-length: 10\r\n\r\n0123456789"
      const { error } = yield* answered(answer, { limits: { maxBodyBytes: 4 } })
      assert.deepInclude((yield* error).reason, { body: "0123", bodyTruncated: true })
    })
  )

  it.effect("a body that breaks off is still a refusal: by an end of stream, by a reset", () =>
    Effect.gen(function* () {
      for (const breakOff of ["end", "reset"] as const) {
        const { error, wire } = yield* answered("HTTP/1.1 401 No\r\ncontent-length: 10\r\n\r\n012")
        wire[breakOff]()
        assert.deepInclude((yield* error).reason, { _tag: "HandshakeRejected", status: 401, body: "012" }, breakOff)
      }
    })
  )
})

describe("the handshake is not legal", () => {
  const head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
  const rows: ReadonlyArray<readonly [check: string, answer: string]> = [
    ["StatusLine", "SSH-2.0-OpenSSH_9.9\r\n"],
    ["Upgrade", "HTTP/1.1 101 A\r\nConnection: Upgrade\r\n\r\n"],
    ["AcceptMissing", `${head}\r\n`],
    ["AcceptMismatch", `${head}Sec-WebSocket-Accept: AAAA\r\n\r\n`]
  ]
  for (const [check, answer] of rows) {
    it.effect(check, () =>
      Effect.gen(function* () {
        const { error, wire } = yield* answered(answer)
        assert.deepInclude((yield* error).reason, { _tag: "HandshakeInvalid", check })
        yield* wire.destroyed
      })
    )
  }

  it.effect("a TLS server on a plain port is named as such", () =>
    Effect.gen(function* () {
      const { error } = yield* answered("\u0015\u0003\u0001\u0000\u0002\u0002\u0046")
      assert.match((yield* error).message, /use wss/)
    })
  )

  it.effect("a head longer than limits.maxHeadBytes", () =>
    Effect.gen(function* () {
      const { error } = yield* answered(`HTTP/1.1 101 A\r\nX: ${"x".repeat(100)}`, { limits: { maxHeadBytes: 64 } })
      assert.strictEqual((yield* error).reason._tag, "HandshakeInvalid")
    })
  )
})
