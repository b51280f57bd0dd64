/** The same job through proxies of every kind, over real sockets: one of them, chains, TLS in TLS, and what fails. */
import { assert, describe, it } from "@effect/vitest"
import { type ConnectOptions, WebSocket } from "@effect-websocket/client"
import { Server, ServerPeer } from "@effect-websocket/client/testing"
import { Transport } from "@effect-websocket/transport"
import { Certificate, Listener, ProxyListener } from "@effect-websocket/transport/testing"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { leavesNothing } from "./left.ts"

const live = <E>(name: string, test: () => Effect.Effect<void, E, Scope.Scope | Transport>) =>
  it.live(name, () => leavesNothing(test()).pipe(Effect.provide(Transport.layer)))

const authority = Certificate.make({ names: ["Authority"], isAuthority: true })
const certificate = Certificate.make({ names: ["chat.test", "127.0.0.1"], issuer: authority })
const proxyAuthority = Certificate.make({ names: ["Another authority"], isAuthority: true })
const proxyCertificate = Certificate.make({ names: ["127.0.0.1"], issuer: proxyAuthority })
const tls = { ca: authority.cert }
const proxyTls = { ca: proxyAuthority.cert }
const credentials = { username: "ann", password: "s3cret/@:" }

const kinds = {
  "HTTP CONNECT": { kind: "http" },
  "HTTP CONNECT over TLS": { kind: "http", tls: proxyCertificate },
  "SOCKS 4A": { kind: "socks4" },
  "SOCKS 5": { kind: "socks5" }
} as const satisfies Record<string, ProxyListener.Options>

const withUser = (url: string, userinfo: string) => url.replace("://", `://${userinfo}@`)

/** An echo, and its URL by the name that only proxies of the test know. */
const serve = (options: Server.Options = {}) =>
  Effect.map(Server.serve(ServerPeer.echo, options), ({ port, url }) => ({
    port,
    url: `${url.slice(0, url.indexOf(":"))}://chat.test:${port}/`
  }))

const talks = Effect.fnUntraced(function* (url: string, options: ConnectOptions) {
  const socket = yield* WebSocket.connect(url, options)
  yield* socket.send("hello")
  assert.strictEqual(yield* socket.receive, "hello")
  return socket
})

/** Talks, and closes; for use where what is left has to be seen. */
const converses = (url: string, options: ConnectOptions) =>
  Effect.scoped(
    Effect.gen(function* () {
      const socket = yield* talks(url, options)
      assert.isTrue((yield* socket.close()).clean)
    })
  )

const reasonOf = (url: string, options: ConnectOptions) =>
  Effect.map(Effect.flip(Effect.scoped(WebSocket.connect(url, options))), (error) => {
    assert.notInclude(`${error.message} ${JSON.stringify(error)}`, "s3cret")
    return error.reason
  })

describe("a connection passes through", () => {
  for (const [name, options] of Object.entries(kinds)) {
    live(`${name}: ws`, () =>
      Effect.gen(function* () {
        const server = yield* serve()
        const proxy = yield* ProxyListener.make(options)
        yield* converses(server.url, { proxy: { url: proxy.url, tls: proxyTls } })
        assert.deepStrictEqual(proxy.asked, [`chat.test:${server.port}`])
      })
    )

    live(`${name}: wss, verified as the server and not as the proxy`, () =>
      Effect.gen(function* () {
        const server = yield* serve({ tls: certificate })
        const proxy = yield* ProxyListener.make(options)
        const socket = yield* talks(server.url, { tls, proxy: { url: proxy.url, tls: proxyTls } })
        assert.strictEqual(socket.info.tls?.peerCertificate?.subject, "CN=chat.test")
        assert.strictEqual(socket.info.remote?.port, proxy.port)
      })
    )

    live(`${name}: with credentials, and not without or with wrong ones`, () =>
      Effect.gen(function* () {
        const server = yield* serve()
        const proxy = yield* ProxyListener.make({ ...options, credentials })
        const password = options.kind === "socks4" ? "" : `:${encodeURIComponent(credentials.password)}`
        const using = (url: string) => ({ proxy: { url: Redacted.make(url), tls: proxyTls } })
        yield* converses(server.url, using(withUser(proxy.url, `ann${password}`)))
        const none = yield* reasonOf(server.url, using(proxy.url))
        const wrong = yield* reasonOf(server.url, using(withUser(proxy.url, `bob${password}`)))
        if (none._tag !== "ProxyFailed" || wrong._tag !== "ProxyFailed") return assert.fail(none.message)
        const isSocks4 = options.kind === "socks4"
        assert.strictEqual(none.problem, isSocks4 ? "identd mismatch" : "authentication required")
        assert.strictEqual(wrong.problem, isSocks4 ? "identd mismatch" : "credentials refused")
        if (options.kind === "http") assert.deepInclude(none, { status: 407, schemes: ["Basic"] })
        assert.strictEqual(none.proxy, proxy.url)
        assert.lengthOf(proxy.asked, 1)
      })
    )

    live(`${name}: to an IPv4 address`, () =>
      Effect.gen(function* () {
        const server = yield* serve()
        const proxy = yield* ProxyListener.make(options)
        yield* converses(`ws://127.0.0.1:${server.port}/`, { proxy: { url: proxy.url, tls: proxyTls } })
        assert.deepStrictEqual(proxy.asked, [`127.0.0.1:${server.port}`])
      })
    )

    live(`${name}: 5 messages of 1 MiB come back as they were`, () =>
      Effect.gen(function* () {
        const server = yield* serve({ tls: certificate })
        const proxy = yield* ProxyListener.make(options)
        const socket = yield* WebSocket.connect(server.url, { tls, proxy: { url: proxy.url, tls: proxyTls } })
        const messages = Array.from({ length: 5 }, (_, i) => new Uint8Array(0x100000).fill(i))
        yield* Effect.forkChild(Effect.forEach(messages, (message) => socket.send(message)))
        const echoes = yield* Stream.runCollect(Stream.take(socket.messages, messages.length))
        assert.isTrue(echoes.every((echo, i) => Buffer.compare(echo as Uint8Array, messages[i]!) === 0))
      })
    )

    live(`${name}: a server that refuses is told of`, () =>
      Effect.gen(function* () {
        const proxy = yield* ProxyListener.make(options)
        const closed = yield* Effect.scoped(Effect.map(Listener.make(), ({ port }) => port))
        const reason = yield* reasonOf(`ws://chat.test:${closed}/`, { proxy: { url: proxy.url, tls: proxyTls } })
        if (reason._tag !== "ProxyFailed") return assert.fail(reason.message)
        assert.strictEqual(reason.problem, options.kind === "socks5" ? "connection refused" : "refused")
        assert.strictEqual(reason.to, `chat.test:${closed}`)
      })
    )
  }

  live("a proxy that cannot be reached is told of as the proxy", () =>
    Effect.gen(function* () {
      const closed = yield* Effect.scoped(Effect.map(Listener.make(), ({ port }) => port))
      const refused = yield* reasonOf("ws://chat.test/", { proxy: `http://ann:secret@127.0.0.1:${closed}` })
      const unknown = yield* reasonOf("wss://chat.test/", { proxy: "socks5://proxy.invalid:1080" })
      if (refused._tag !== "Refused") return assert.fail(refused.message)
      if (unknown._tag !== "HostNotFound") return assert.fail(unknown.message)
      assert.strictEqual(refused.proxy, `http://127.0.0.1:${closed}`)
      assert.match(refused.message, /the proxy is running/)
      assert.strictEqual(unknown.proxy, "socks5://proxy.invalid:1080")
    })
  )

  live("SOCKS 4 and SOCKS 5 with the name looked up here", () =>
    Effect.gen(function* () {
      const server = yield* serve()
      for (const [kind, scheme] of [
        ["socks4", "socks4"],
        ["socks5", "socks5"]
      ] as const) {
        const proxy = yield* ProxyListener.make({ kind })
        yield* converses(`ws://localhost:${server.port}/`, { proxy: `${scheme}://127.0.0.1:${proxy.port}` })
        assert.match(proxy.asked[0]!, /^(127\.0\.0\.1|\[::1\]):/)
      }
    })
  )

  live("S22: HTTP CONNECT to an IPv6 address, in brackets", () =>
    Effect.gen(function* () {
      const proxy = yield* ProxyListener.make({ kind: "http", answer: text("HTTP/1.1 502 Bad Gateway\r\n\r\n") })
      yield* reasonOf("ws://[2001:db8::1]:8080/", { proxy: proxy.url })
      assert.deepStrictEqual(proxy.asked, ["[2001:db8::1]:8080"])
      assert.include(proxy.heard(), "CONNECT [2001:db8::1]:8080 HTTP/1.1\r\nHost: [2001:db8::1]:8080\r\n")
    })
  )
})

describe("a chain", () => {
  for (const [first, firstOptions] of Object.entries(kinds)) {
    for (const [second, secondOptions] of Object.entries(kinds)) {
      live(`of ${first}, then ${second}: wss`, () =>
        Effect.gen(function* () {
          const server = yield* serve({ tls: certificate })
          const near = yield* ProxyListener.make(firstOptions)
          const far = yield* ProxyListener.make(secondOptions)
          const proxy = [
            { url: near.url, tls: proxyTls },
            { url: far.url, tls: proxyTls }
          ] as const
          yield* converses(server.url, { tls, proxy })
          assert.deepStrictEqual(near.asked, [`127.0.0.1:${far.port}`])
          assert.deepStrictEqual(far.asked, [`chat.test:${server.port}`])
        })
      )
    }
  }

  live("of eight, as many as there may be; each of them is a step", () =>
    Effect.gen(function* () {
      const server = yield* serve()
      const proxy = yield* ProxyListener.make({ kind: "socks5" })
      const [first, ...others] = Array.from({ length: 8 }, () => proxy.url)
      yield* converses(server.url, { proxy: [first!, ...others] })
      assert.lengthOf(proxy.asked, 8)
      const error = yield* Effect.flip(
        Effect.scoped(WebSocket.connect(server.url, { proxy: [first!, ...others, first!] }))
      )
      assert.strictEqual(error.reason._tag, "InvalidOptions")
    })
  )

  live("whose second proxy refuses says which one it was, and what was tried before", () =>
    Effect.gen(function* () {
      const near = yield* ProxyListener.make({ kind: "socks5" })
      const far = yield* ProxyListener.make({ kind: "http", credentials })
      const error = yield* Effect.flip(
        Effect.scoped(WebSocket.connect("ws://chat.test/", { proxy: [near.url, withUser(far.url, "bob:s3cret")] }))
      )
      assert.deepInclude(error.reason, { _tag: "ProxyFailed", hop: 2, proxy: far.url, problem: "credentials refused" })
      assert.include(error.message, "number 2 of the chain")
      assert.deepStrictEqual(
        error.steps.map(({ detail, outcome, stage }) => [stage, detail, outcome]),
        [
          ["tcp", `127.0.0.1:${near.port}`, undefined],
          ["proxy", `${near.url} to 127.0.0.1:${far.port}`, "succeeded"],
          ["proxy", `${far.url} to chat.test:80`, undefined]
        ]
      )
      assert.isTrue(error.steps.every(({ duration }) => duration !== undefined))
      assert.notInclude(error.message, "s3cret")
    })
  )
})

describe("the proxy's own TLS", () => {
  live("S22: a TLS proxy is spoken to over TLS, and its credentials with it", () =>
    Effect.gen(function* () {
      const { accept, port } = yield* Listener.make()
      const connecting = yield* Effect.forkChild(
        reasonOf("ws://chat.test/", { proxy: `https://ann:s3cret@127.0.0.1:${port}` })
      )
      const wire = yield* accept
      const heard = Buffer.from(yield* Effect.orDie(wire.take))
      assert.strictEqual(heard.readUInt8(0), 0x16, "the first record is a TLS handshake (RFC 8446 §5.1)")
      assert.notInclude(heard.toString("latin1"), "CONNECT")
      wire.destroy()
      assert.include(["Reset", "TlsFailed"], (yield* Fiber.join(connecting))._tag)
    })
  )

  live("is verified: by default nobody trusts an authority of a test", () =>
    Effect.gen(function* () {
      const proxy = yield* ProxyListener.make(kinds["HTTP CONNECT over TLS"])
      const reason = yield* reasonOf("ws://chat.test/", { tls: proxyTls, proxy: proxy.url })
      assert.deepInclude(reason, { _tag: "TlsFailed", problem: "unknown issuer", proxy: proxy.url })
      assert.include(reason.message, `with the proxy ${proxy.url} failed (unknown issuer)`)
      assert.include(reason.message, "the TLS options of a proxy are next to its URL")
      assert.isEmpty(proxy.asked)
    })
  )

  live("certificates of a proxy that cannot be read fail before anything is dialled", () =>
    Effect.gen(function* () {
      const proxy = yield* ProxyListener.make(kinds["HTTP CONNECT over TLS"])
      const error = yield* Effect.flip(
        Effect.scoped(WebSocket.connect("ws://chat.test/", { proxy: { url: proxy.url, tls: { ca: "no PEM" } } }))
      )
      assert.deepInclude(error.reason, { _tag: "TlsFailed", problem: "bad certificate file", proxy: proxy.url })
      assert.isEmpty(error.steps)
    })
  )

  live("one that does not speak it is told from the server", () =>
    Effect.gen(function* () {
      const { accept, port } = yield* Listener.make()
      const proxy = `https://127.0.0.1:${port}`
      const connecting = yield* Effect.forkChild(reasonOf("ws://chat.test/", { proxy }))
      const wire = yield* accept
      wire.send(Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"))
      const reason = yield* Fiber.join(connecting)
      assert.deepInclude(reason, { _tag: "TlsFailed", problem: "not tls", proxy })
      assert.include(reason.message, "write http: in its URL")
    })
  )

  live("one that breaks the connection in its handshake is told from the server", () =>
    Effect.gen(function* () {
      const { accept, port } = yield* Listener.make()
      const proxy = `https://127.0.0.1:${port}`
      const connecting = yield* Effect.forkChild(reasonOf("wss://chat.test/", { proxy }))
      const wire = yield* accept
      yield* wire.take
      wire.reset()
      const reason = yield* Fiber.join(connecting)
      assert.deepInclude(reason, { _tag: "Reset", code: "ECONNRESET", proxy })
      assert.include(reason.message, `The connection with the proxy ${proxy} broke`)
    })
  )

  live("plain text to a TLS proxy is answered in words", () =>
    Effect.gen(function* () {
      const proxy = yield* ProxyListener.make(kinds["HTTP CONNECT over TLS"])
      const reason = yield* reasonOf("ws://chat.test/", { proxy: proxy.url.replace("https", "http") })
      if (reason._tag !== "ProxyFailed") return assert.fail(reason.message)
      assert.include(["malformed answer", "ended"], reason.problem)
      assert.include(reason.message, "scheme")
    })
  )
})

describe("secrets", () => {
  live("S22: credentials of the proxy go to the proxy alone", () =>
    Effect.gen(function* () {
      const proxy = yield* ProxyListener.make({ kind: "http", credentials })
      const { accept, port } = yield* Listener.make()
      const url = withUser(proxy.url, `ann:${encodeURIComponent(credentials.password)}`)
      const connecting = yield* Effect.forkChild(
        Effect.scoped(
          WebSocket.connect(`ws://chat.test:${port}/`, {
            proxy: url,
            headers: { authorization: "Bearer for-the-server" }
          })
        )
      )
      const request = Buffer.from(yield* Effect.orDie((yield* accept).take)).toString("latin1")
      assert.notMatch(request, /proxy-/i)
      assert.include(proxy.heard(), "Proxy-Authorization: Basic ")
      assert.notInclude(proxy.heard(), "for-the-server")
      yield* Fiber.interrupt(connecting)
    })
  )

  live("headers of a CONNECT go to the proxy alone", () =>
    Effect.gen(function* () {
      const proxy = yield* ProxyListener.make({ kind: "http" })
      const server = yield* serve()
      const headers = { "Proxy-Authorization": Redacted.make("Bearer s3cret"), "X-Team": "feeds" }
      yield* converses(server.url, { proxy: { url: proxy.url, headers } })
      assert.include(proxy.heard(), "\r\nProxy-Authorization: Bearer s3cret\r\nX-Team: feeds\r\n\r\n")
    })
  )
})

describe("the environment", () => {
  const within =
    (env: Record<string, string>) =>
    <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      Effect.provideService(effect, ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(env))

  live("names the proxy when the program asks for it, and is read at each dial", () =>
    Effect.gen(function* () {
      const server = yield* serve()
      const proxy = yield* ProxyListener.make({ kind: "socks5" })
      yield* converses(server.url, { proxy: "environment" }).pipe(within({ ALL_PROXY: proxy.url }))
      assert.lengthOf(proxy.asked, 1)
      yield* converses(server.url, { proxy: "environment" }).pipe(
        within({ http_proxy: proxy.url, all_proxy: "x.test:1" })
      )
      assert.lengthOf(proxy.asked, 2)
    })
  )

  live("with what the program says about an https proxy", () =>
    Effect.gen(function* () {
      const server = yield* serve({ tls: certificate })
      const proxy = yield* ProxyListener.make(kinds["HTTP CONNECT over TLS"])
      const options = { url: "environment", tls: proxyTls, headers: { "X-Team": "feeds" } } as const
      yield* converses(server.url, { tls, proxy: options }).pipe(within({ https_proxy: proxy.url }))
      assert.include(proxy.heard(), "X-Team: feeds")
    })
  )

  live("means nothing by default, nor for loopback", () =>
    Effect.gen(function* () {
      const server = yield* serve()
      const env = within({ all_proxy: "http://127.0.0.1:1" })
      yield* converses(`ws://127.0.0.1:${server.port}/`, {}).pipe(env)
      for (const host of ["127.0.0.1", "localhost"]) {
        yield* converses(`ws://${host}:${server.port}/`, { proxy: "environment" }).pipe(env)
      }
    })
  )

  live("a URL there that is none fails before anything is dialled, and is not shown", () =>
    Effect.gen(function* () {
      const connecting = WebSocket.connect("ws://chat.test/", { proxy: "environment" }).pipe(
        within({ http_proxy: "gopher://ann:s3cret@proxy.test" })
      )
      const error = yield* Effect.flip(Effect.scoped(connecting))
      assert.deepInclude(error.reason, { _tag: "ProxyFailed", problem: "bad proxy", proxy: "http_proxy" })
      assert.isEmpty(error.steps)
      assert.notInclude(error.message, "s3cret")
    })
  )

  live("one that cannot be read fails as well", () =>
    Effect.gen(function* () {
      const broken = ConfigProvider.make(() => Effect.fail(new ConfigProvider.SourceError({ message: "no vault" })))
      const error = yield* WebSocket.connect("ws://chat.test/", { proxy: "environment" }).pipe(
        Effect.scoped,
        Effect.flip,
        Effect.provideService(ConfigProvider.ConfigProvider, broken)
      )
      assert.deepInclude(error.reason, { _tag: "ProxyFailed", problem: "unreadable environment" })
      assert.include(error.message, "no vault")
    })
  )
})

describe("noProxy", () => {
  for (const [name, options] of Object.entries(kinds)) {
    live(`S24: holds for ${name} as for every kind`, () =>
      Effect.gen(function* () {
        const server = yield* serve()
        const proxy = yield* ProxyListener.make(options)
        const direct = { proxy: { url: proxy.url, tls: proxyTls } }
        yield* converses(`ws://127.0.0.1:${server.port}/`, { ...direct, noProxy: ["127.0.0.0/8"] })
        yield* converses(`ws://localhost:${server.port}/`, { ...direct, noProxy: "chat.test, localhost" })
        assert.isEmpty(proxy.asked)
        yield* converses(server.url, { ...direct, noProxy: ["127.0.0.0/8", "test", ".hat.test", "chat.test:1"] })
        assert.lengthOf(proxy.asked, 1)
      })
    )
  }
})

describe("the one deadline", () => {
  for (const [name, options] of Object.entries(kinds)) {
    live(`S24: covers ${name} that never answers, and says so`, () =>
      Effect.gen(function* () {
        const { accept, port } = yield* Listener.make({ tls: "tls" in options ? options.tls : undefined })
        yield* Effect.forkScoped(accept)
        const scheme = "tls" in options ? "https" : options.kind === "http" ? "http" : `${options.kind}`
        const error = yield* Effect.flip(
          Effect.scoped(
            WebSocket.connect("ws://192.0.2.1/", {
              proxy: { url: `${scheme}://127.0.0.1:${port}`, tls: proxyTls },
              deadlines: { openTimeout: 300 }
            })
          )
        )
        assert.deepInclude(error.reason, { _tag: "TimedOut", stage: "proxy" })
        assert.deepInclude(error.steps.at(-1), { stage: "proxy", failure: "interrupted" })
      })
    )
  }
})

describe("S28: the scope stays open, and yet nothing is left of a dial", () => {
  const standing = {
    "HTTP CONNECT": "HTTP/1.1 200 OK\r\n\r\n",
    "HTTP CONNECT over TLS": "HTTP/1.1 200 OK\r\n\r\n",
    "SOCKS 4A": "\0\x5a\0\0\0\0\0\0",
    "SOCKS 5": "\x05\0\x05\0\0\x01\0\0\0\0\0\0"
  }
  const refusing = {
    "HTTP CONNECT": "HTTP/1.1 403 Forbidden\r\n\r\n",
    "HTTP CONNECT over TLS": "HTTP/1.1 403 Forbidden\r\n\r\n",
    "SOCKS 4A": "\0\x5b",
    "SOCKS 5": "\x05\xff"
  }

  /** Dials through a proxy that says this, and gives how it failed once the proxy has seen the end of the connection. */
  const dialled = Effect.fnUntraced(function* (options: ProxyListener.Options, said: string) {
    const { accept, port } = yield* Listener.make(options)
    const scheme =
      options.tls === undefined ? { http: "http", socks4: "socks4a", socks5: "socks5h" }[options.kind] : "https"
    const proxy = { url: `${scheme}://127.0.0.1:${port}`, tls: proxyTls }
    const dialling = yield* Effect.forkChild(Effect.flip(WebSocket.connect("wss://chat.test/", { proxy })))
    const wire = yield* accept
    yield* Effect.orDie(wire.take)
    wire.send(Buffer.from(said, "latin1"))
    return { dialling, gone: Effect.ignore(Effect.forever(wire.take)) }
  })

  for (const name of Object.keys(kinds) as Array<keyof typeof kinds>) {
    live(`${name}: TLS to the server behind it fails`, () =>
      Effect.gen(function* () {
        const { dialling, gone } = yield* dialled(kinds[name], `${standing[name]}no TLS here`)
        const { reason } = yield* Fiber.join(dialling)
        assert.deepInclude(reason, { _tag: "TlsFailed", problem: "not tls" })
        assert.notProperty(reason, "proxy")
        yield* gone
      })
    )

    live(`${name}: the proxy refuses`, () =>
      Effect.gen(function* () {
        const { dialling, gone } = yield* dialled(kinds[name], refusing[name])
        assert.strictEqual((yield* Fiber.join(dialling)).reason._tag, "ProxyFailed")
        yield* gone
      })
    )

    live(`${name}: the dial is interrupted, in the tunnel or behind it`, () =>
      Effect.gen(function* () {
        for (const said of ["", standing[name].slice(0, 2), standing[name]]) {
          const { dialling, gone } = yield* dialled(kinds[name], said)
          yield* Fiber.interrupt(dialling)
          yield* gone
        }
      })
    )
  }
})

const text = (lines: string) => new TextEncoder().encode(lines)
